import pickle

import numpy as np
import pytest

from iclip.datasets.shard_windows import ShardWindows

# Shards of all sizes, empty ones among them, and one that is larger than the rest together.
SIZES = [0, 5, 17, 1, 0, 64, 33, 2, 8, 300, 16, 15, 0]
STARTS = np.concatenate([[0], np.cumsum(SIZES)])
TOTAL = int(STARTS[-1])


def epoch(order: ShardWindows, key: int = 7) -> list[int]:
    return order.look_up(np.arange(TOTAL), key).tolist()


def shard_of(sample: int) -> int:
    return next(shard for shard in range(len(SIZES)) if sample < STARTS[shard + 1])


@pytest.mark.parametrize(("window", "run"), [(1, 1), (3, 4), (4, 32), (5, 1000), (13, 8), (99, 3)])
def test_every_sample_comes_once_per_epoch(window: int, run: int) -> None:
    for key in (0, 2**64 - 1):
        assert sorted(epoch(ShardWindows(STARTS, window, run), key)) == list(range(TOTAL))


def test_any_place_is_found_without_those_before_it() -> None:
    whole, order = epoch(ShardWindows(STARTS, 4, 8)), ShardWindows(STARTS, 4, 8)
    for place in reversed(range(TOTAL)):
        assert order.look_up(np.array([place]), 7).tolist() == [whole[place]]
    for start in range(0, TOTAL, 19):
        assert (
            order.look_up(np.arange(start, min(start + 50, TOTAL)), 7).tolist()
            == (whole[start : start + 50])
        )
    assert order.look_up(np.arange(0), 7).tolist() == []


@pytest.mark.parametrize("window", [1, 2, 5])
def test_no_more_shards_than_a_window_holds_are_read_at_a_time(window: int) -> None:
    shards = [shard_of(sample) for sample in epoch(ShardWindows(STARTS, window, 4))]
    first, last = {}, {}
    for place, shard in enumerate(shards):
        first.setdefault(shard, place)
        last[shard] = place
    in_use = [sum(first[s] <= place <= last[s] for s in first) for place in range(TOTAL)]
    assert max(in_use) <= window


def test_runs_come_from_one_shard() -> None:
    starts = np.arange(0, 1001, 100)
    samples = ShardWindows(starts, 5, 20).look_up(np.arange(1000), 3)
    runs = samples.reshape(50, 20) // 100
    assert (runs == runs[:, :1]).all()
    # Five runs per shard, in an order that is not the shards'.
    assert np.unique(runs[:, 0], return_counts=True)[1].tolist() == [5] * 10
    assert 10 < np.count_nonzero(np.diff(runs[:, 0])) < 50


def test_windows_hold_nearly_equal_numbers_of_shards() -> None:
    """Nine shards in windows of eight: five and four, not eight and one."""
    starts = np.arange(0, 91, 10)
    shards = ShardWindows(starts, 8, 1).look_up(np.arange(90), 3) // 10
    assert sorted({len(set(shards[:40])), len(set(shards[40:]))}) == [4, 5]


def test_epochs_have_other_windows_runs_and_orders() -> None:
    order = ShardWindows(np.arange(0, 1001, 100), 5, 20)
    one, other = (order.look_up(np.arange(1000), key) for key in (1, 2))
    assert set(one[:500] // 100) != set(other[:500] // 100)
    runs = [
        {frozenset(run) for run in samples.reshape(50, 20).tolist()} for samples in (one, other)
    ]
    assert not runs[0] & runs[1]


def test_shards_and_places_in_them_are_equally_likely() -> None:
    order = ShardWindows(np.arange(0, 25, 4), 3, 2)
    firsts = [int(order.look_up(np.array([0]), key)[0]) for key in range(2400)]
    counts = np.bincount(firsts, minlength=24)
    # The 0.1 % point of chi-square with 23 degrees of freedom.
    assert np.sum((counts - 100) ** 2 / 100) < 49.7


def test_copy_for_a_spawned_worker_has_the_same_order() -> None:
    order = ShardWindows(STARTS, 4, 8)
    assert epoch(pickle.loads(pickle.dumps(order))) == epoch(order)
