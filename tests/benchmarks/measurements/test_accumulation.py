"""A step over micro-batches is timed against that of before, and compared with the whole batch."""

from tests.support.measured_rows import options, timed_rows


def test_the_hubs_gradient_is_the_whole_batchs():
    rows = timed_rows("accumulation", "--micro-batches", "2", "3")
    for row in rows:
        assert row.cells["iclip's gradient against the whole batch's"].median < 1e-5
        # Fewer negatives: near, and not equal.
        assert 0 < row.cells["cosine of the gradient before"].median < 1 - 1e-6
    assert options("accumulation").measurement.failure(rows) is None
