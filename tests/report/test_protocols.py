"""Protocols of classes in words, and the published scores of each."""

from pathlib import Path
from typing import Any

import pytest

from iclip.report.protocols import (
    CAPTIONS,
    LABELS,
    anchors,
    protocol_of,
    protocol_problem,
    protocols,
)
from iclip.report.run import Run
from iclip.results import Result, Settings
from tests.support.run_folder import problems, write_run


def test_anchors_are_of_known_protocols_and_carry_a_mark():
    for anchor in anchors():
        assert anchor.protocol in protocols()
        assert anchor.mark in ("read", "third party", "recalled")
        assert anchor.known in (("", LABELS, CAPTIONS) if "lvis" in anchor.protocol else ("",))
        assert all(0 < value < 100 for value in anchor.scores.values())
        ends = {"AP", "APr"} if "lvis" in anchor.protocol else {"mIoU", "top1"}
        assert anchor.scores.keys() <= ends


def test_open_vocabulary_detection_tells_labels_from_captions():
    for anchor in anchors():
        assert bool(anchor.known) == anchor.protocol.startswith("lvis-openvocab")


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (None, None),
        ("ucf101-zeroshot", None),
        ("ucf101-zero-shot", "is 'ucf101-zeroshot' meant? There are ade150-closed-text,"),
        ("x", "'x' is not known, so no published score stands beside the run's: There are"),
        ({"a": 1}, "protocol is {'a': 1}; it takes one name"),
    ],
)
def test_an_unknown_protocol_is_a_problem(named: Any, words: str | None):
    found = protocol_problem(named)
    assert found is None if words is None else found is not None and words in found


def test_the_problem_stands_at_the_end_of_the_page(tmp_path: Path):
    write_run(tmp_path / "a", "default_scope = 'mmdet'\nprotocol = 'lvis-open'\n", {"lvis/AP": 1.0})
    assert any("protocol 'lvis-open' is not known" in why for _, why in problems(tmp_path))


def test_a_validation_recorded_earlier_has_the_configs_protocol():
    result = Result("detection", ())
    run = Run(Path("r"), "r", {"protocol": "lvis-openvocab-box"}, validation=result)
    assert protocol_of(run, result) == "lvis-openvocab-box"
    recorded = Result("detection", (), Settings(protocol="ade150-openvocab"))
    assert protocol_of(run, recorded) == "ade150-openvocab"
