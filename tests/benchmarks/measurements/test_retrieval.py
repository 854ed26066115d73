"""Recall is timed beside clip_benchmark's, which finds the same."""

from tests.support.measured_rows import options, seconds, timed_rows


def test_both_find_the_same_recall():
    rows = timed_rows("retrieval", "--peer", "--images", "30", "60")
    titles = ["30 images, 150 captions", "60 images, 300 captions"]
    assert [row.cells["case"] for row in rows] == titles
    assert all(seconds(row, "clip_benchmark") > 0 for row in rows)
    assert options("retrieval").measurement.failure(rows) is None
