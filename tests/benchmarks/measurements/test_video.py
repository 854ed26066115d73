"""The hub's Video Swin is timed beside mmaction's."""

from tests.support.measured_rows import seconds, timed_rows


def test_both_networks_are_timed():
    rows = timed_rows("video", "--peer")
    assert [row.cells["case"].split(", ")[-1] for row in rows] == ["forward", "forward + backward"]
    assert all(seconds(row, side) > 0 for row in rows for side in ("iclip", "mmaction"))
