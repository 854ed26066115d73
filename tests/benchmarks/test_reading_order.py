from types import SimpleNamespace

import numpy as np
import pytest

from iclip.benchmarks.reading_order import opens_per_sample, shards_per_batch, variance_inflation
from iclip.datasets.source_sampler import SourceSampler

STARTS = np.array([0, 2, 2, 6])  # shards of 2, 0 and 4 samples
BATCHES = [np.array([0, 1, 2]), np.array([5, 3, 4])]


def test_shards_of_batches_are_counted() -> None:
    assert shards_per_batch(BATCHES, STARTS) == 1.5


def test_variance_is_that_of_correlated_samples() -> None:
    # From the covariance matrix of each batch: the mean's variance times the number of samples.
    shards = [[0, 0, 2], [2, 2, 2]]
    expected = np.mean(
        [np.mean([[1 if i == j else 0.25 * (a == b) for j, b in enumerate(batch)]
                  for i, a in enumerate(batch)]) * 3 for batch in shards]
    )  # fmt: skip
    assert variance_inflation(BATCHES, STARTS, 0.25) == pytest.approx(expected)


@pytest.mark.parametrize(("max_open", "opens"), [(1, 4), (2, 2)])
def test_opens_are_those_of_a_cache_of_the_last_files(max_open: int, opens: int) -> None:
    batches = [np.array([0, 2, 1]), np.array([5, 3, 4])]
    assert opens_per_sample(batches, STARTS, max_open) == opens / 6


# Of LAION-400M: 41,455 shards of up to 10,000 pairs, 64 ranks with 12 data workers each.
SIZES = np.random.default_rng(0).integers(8500, 10_001, 41_455)
LAION = np.concatenate([[0], np.cumsum(SIZES)])
RANKS, WORKERS, SHARE = 64, 12, 128


def streams(shards: np.ndarray | None) -> SourceSampler:
    dataset = SimpleNamespace(
        source_names=("pairs",), source_sizes=(int(LAION[-1]),), source_shards=(shards,)
    )
    return SourceSampler(dataset, seed=0)


def samples(sampler: SourceSampler, start: int, count: int) -> np.ndarray:
    return np.array([key.index for key in sampler.sample_keys(0, start, count)])


def worker_batches(sampler: SourceSampler) -> list[np.ndarray]:
    """What the first data worker of the fourth rank loads in its first 40 batches."""
    steps = range(0, 40 * WORKERS, WORKERS)
    return [samples(sampler, (step * RANKS + 3) * SHARE, SHARE) for step in steps]


def test_windows_open_one_file_in_20_samples_where_a_permutation_opens_nearly_all() -> None:
    opens = [opens_per_sample(worker_batches(streams(s)), LAION, 128) for s in (LAION, None)]
    assert opens[0] < 1 / 20 and opens[1] > 0.99


def test_global_batch_is_drawn_from_most_shards_of_its_window() -> None:
    sampler = streams(LAION)
    batches = [samples(sampler, step * RANKS * SHARE, RANKS * SHARE) for step in (0, 100, 1000)]
    # 256 runs of 32 in 128 shards: 128 (1 - (1 - 1/128)^256) = 110.8 are expected.
    assert shards_per_batch(batches, LAION) == pytest.approx(110.8, abs=6)
    # 31 of the own run, and 255 / 128 runs of 32 that lie in the same shard.
    assert variance_inflation(batches, LAION, 0.001) == pytest.approx(1.094, abs=0.004)
