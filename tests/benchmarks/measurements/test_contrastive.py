"""The contrastive loss is timed beside open_clip's, whose gradient is the same."""

import pytest

from tests.support.measured_rows import options, timed_rows


def test_the_peer_is_measured_on_one_rank_with_an_equal_gradient():
    one, two = timed_rows("contrastive", "--peer", "--pairs", "16", "--ranks", "1", "2")
    assert one.cells["case"] == "16 of 16 pairs, 1 rank(s)"
    assert two.cells["case"] == "8 of 16 pairs, 2 rank(s)"
    assert "open_clip" in one.cells and "open_clip" not in two.cells
    assert one.cells["difference of the gradient"].median < 1e-5


@pytest.mark.parametrize(("pairs", "ranks"), [("3", "2"), ("1", "2"), ("4", "0")])
def test_every_rank_needs_pairs(pairs: str, ranks: str):
    args = options("contrastive", "--pairs", pairs, "--ranks", ranks)
    with pytest.raises(ValueError, match=rf"--pairs {pairs} --ranks {ranks}: give pairs for every"):
        args.measurement.check(args)
