"""Loaders of shards are timed beside each other and beside decoding alone."""

from pathlib import Path

import pytest

from iclip.benchmarks.inputs.image_folders import write_noise
from tests.support.measured_rows import options, seconds, timed_rows


def test_batches_of_both_loaders_and_decoding_alone_are_timed():
    (row,) = timed_rows("data", "--peer")
    assert row.cells["case"] == "made-up images, batches of 8, 0 workers"
    # Two batches of eight per round.
    for side in ("iclip", "decode alone", "open_clip"):
        assert abs(row.cells[f"images/s, {side}"].median * seconds(row, side) - 16) < 1e-6


def test_own_images_are_taken(tmp_path: Path):
    write_noise(tmp_path / "own", 1, 3)
    (row,) = timed_rows("data", "--images", str(tmp_path / "own"))
    assert row.cells["case"] == "images, batches of 8, 0 workers"


def test_a_folder_without_images_is_refused(tmp_path: Path):
    args = options("data", "--images", str(tmp_path))
    with pytest.raises(ValueError, match=r"--images .*: there is no \.jpg"):
        args.measurement.check(args)
