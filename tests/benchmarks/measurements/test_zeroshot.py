"""Zero-shot classification is timed beside clip_benchmark's."""

from dataclasses import replace
from pathlib import Path

import pytest

from iclip.benchmarks.harness.rows import Quantity
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from tests.support.measured_rows import options, seconds, timed_rows


def test_both_are_timed_on_the_folders_that_were_asked_for(
    tiny: ImageTextEmbedder,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("iclip.zeroshot.loading.load_zero_shot_model", lambda name: tiny)
    args = options("zeroshot", str(photos), "--rounds", "1", "--classes", "2", "3", "--peer")
    rows = list(args.measurement.rows(args))
    assert [row.cells["case"] for row in rows] == ["10 images, 2 classes", "15 images, 3 classes"]
    for row in rows:
        assert {"iclip", "second prompts", "clip_benchmark"} <= {*row.cells}
        assert row.cells["difference of top-1"].median == pytest.approx(0, abs=1e-4)
    assert "time" in rows[1].cells["growth, powers of classes"]
    assert args.measurement.failure(rows) is None


@pytest.mark.parametrize("value", [0.01, -0.01, float("nan")])
def test_another_score_of_the_peer_is_a_failure(value: float):
    args = options("zeroshot", "--tiny")
    (row,) = timed_rows("zeroshot", "--peer")
    assert seconds(row, "second prompts") > 0
    row = replace(row, cells={**row.cells, "difference of top-1": Quantity.of(value)})
    assert "12 images, 3 classes: difference of top-1" in args.measurement.failure([row])


def test_a_folder_is_needed():
    args = options("zeroshot", "absent")
    with pytest.raises(ValueError, match=r"folder absent: give a folder that holds a folder per"):
        args.measurement.check(args)
