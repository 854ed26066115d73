"""Protocols of classes in words, and the published scores of each."""

from pathlib import Path

from iclip.report.protocols import CAPTIONS, LABELS, anchors, protocol_of
from iclip.report.run import Run
from iclip.results import Result, Settings
from iclip.results.protocols import PROTOCOLS
from tests.support.run_folder import problems, write_run


def test_anchors_are_of_known_protocols_and_carry_a_mark():
    for anchor in anchors():
        assert anchor.protocol in PROTOCOLS
        assert anchor.mark in ("read", "third party", "recalled")
        assert anchor.known in (("", LABELS, CAPTIONS) if "lvis" in anchor.protocol else ("",))
        assert all(0 < value < 100 for value in anchor.scores.values())
        ends = {"AP", "APr"} if "lvis" in anchor.protocol else {"mIoU", "top1"}
        assert anchor.scores.keys() <= ends


def test_open_vocabulary_detection_tells_labels_from_captions():
    for anchor in anchors():
        assert bool(anchor.known) == anchor.protocol.startswith("lvis-openvocab")


def test_the_problem_stands_at_the_end_of_the_page(tmp_path: Path):
    write_run(tmp_path / "a", "default_scope = 'mmdet'\nprotocol = 'lvis-open'\n", {"lvis/AP": 1.0})
    assert any("protocol 'lvis-open' is not known" in why for _, why in problems(tmp_path))


def test_a_validation_recorded_earlier_has_the_configs_protocol():
    result = Result("detection", ())
    run = Run(Path("r"), "r", {"protocol": "lvis-openvocab-box"}, validation=result)
    assert protocol_of(run, result) == "lvis-openvocab-box"
    recorded = Result("detection", (), Settings(protocol="ade150-openvocab"))
    assert protocol_of(run, recorded) == "ade150-openvocab"
