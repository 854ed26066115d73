"""What a result answers about itself."""

import shlex
import sys
from datetime import datetime, timedelta, timezone

import pytest

from iclip import __version__
from iclip.results import Provenance, Result, SetResult, Settings

SEEN = SetResult(("a/seen",), {"a/seen/top1": 50.0, "a/seen/top5": 75.0})


def test_short_scores_are_without_the_data_sets_name():
    assert SEEN.short_scores == {"top1": 50.0, "top5": 75.0}


def test_the_first_score_is_the_protocols_own():
    assert SEEN.score == 50.0


def test_a_set_that_was_evaluated_in_several_ways_has_all_names():
    assert SetResult(("seen", "seen_head"), {}).name == "seen + seen_head"


def test_metrics_are_the_scores_of_all_sets():
    other = SetResult(("coco",), {"coco/ir_r1": 3.0})
    result = Result("video", (SEEN, other))
    assert result.metrics == {"a/seen/top1": 50.0, "a/seen/top5": 75.0, "coco/ir_r1": 3.0}


@pytest.mark.parametrize(
    ("loader", "is_test"), [("test_dataloader", True), ("val_dataloader", False), ("", False)]
)
def test_a_result_is_a_test_by_its_loader(loader: str, is_test: bool):
    assert Result("video", (), Settings(loader=loader)).is_test == is_test


def test_provenance_holds_a_command_that_a_shell_takes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["/x/tools/zeroshot.py", "my model.pth", "--template", "{}"])
    found = Provenance.now("latest.pth")
    assert shlex.split(found.command) == ["zeroshot.py", "my model.pth", "--template", "{}"]
    assert (found.version, found.file) == (__version__, "latest.pth")
    age = datetime.now(timezone.utc) - datetime.fromisoformat(found.date)
    assert timedelta(0) <= age < timedelta(minutes=1)
