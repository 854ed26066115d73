"""The hub's Swin is timed beside mmdet's, forward and backward."""

import argparse

import pytest

from iclip.benchmarks.measurements.backbone import sizes
from iclip.benchmarks.peers.swin_pairs import PASSES
from tests.support.measured_rows import options, seconds, timed_rows


def test_each_pass_of_each_input_is_a_row_with_both_sides():
    rows = timed_rows("backbone", "--peer", "--images", "1x32x32", "2x32x32")
    titles = [f"32x32, batch {batch}, {name}" for name in PASSES for batch in (1, 2)]
    assert [row.cells["case"] for row in rows] == titles
    for row in rows:
        ratio = seconds(row, "mmdet") / seconds(row, "iclip")
        assert row.cells["mmdet / iclip"].median == pytest.approx(ratio)
        batch = int(row.cells["case"].split("batch ")[1][0])
        rate = row.cells["images/s, mmdet"].median
        assert rate == pytest.approx(batch / seconds(row, "mmdet"))
    # A growth stands beside the larger input of each pass.
    assert ["growth, powers of pixels" in row.cells for row in rows] == [False, True] * 2


def test_without_the_peer_the_hub_is_measured_alone():
    columns = options("backbone").measurement.columns(options("backbone"))[""]
    assert columns == (
        *("case", "iclip", "images/s, iclip", "growth, powers of pixels", "memory, iclip"),
    )


def test_sizes_are_whole_numbers():
    assert sizes("8x224x224") == (8, 224, 224)
    for text in ("8x", "8x0", "", "a"):
        with pytest.raises(argparse.ArgumentTypeError, match="give whole numbers with x"):
            sizes(text)


def test_a_shape_of_a_video_is_refused():
    args = options("backbone", "--images", "1x16x224x224")
    with pytest.raises(ValueError, match=r"--images 1x16x224x224: give BxHxW"):
        args.measurement.check(args)
