"""LVIS's box AP is timed beside the authors' package, which finds the same."""

from tests.support.measured_rows import options, seconds, timed_rows


def test_both_find_the_same_scores():
    rows = timed_rows("lvis", "--peer")
    assert [row.cells["case"] for row in rows] == [
        "4 images, 20 categories",
        "8 images, 20 categories",
    ]
    assert all(seconds(row, "lvis") > 0 for row in rows)
    assert options("lvis").measurement.failure(rows) is None
