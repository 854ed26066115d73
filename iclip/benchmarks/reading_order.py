"""How mixed an order of reading is, and how many files it opens."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def shards_per_batch(batches: Iterable[NDArray[np.int64]], starts: NDArray[np.int64]) -> float:
    """Return the mean number of different shards that a batch is drawn from.

    Args:
        batches: The samples of each batch.
        starts: Number of each shard's first sample, then of all samples; (S + 1,).
    """
    return float(np.mean([len(np.unique(shards_of(batch, starts))) for batch in batches]))


def variance_inflation(
    batches: Iterable[NDArray[np.int64]], starts: NDArray[np.int64], correlation: float
) -> float:
    """Return how much larger a batch mean's variance is than that of independent samples.

    It is 1 + (n - 1) c for n samples of which each two have the correlation c (Kish, "Survey
    Sampling", 1965, section 5.4). Here only samples of one shard are correlated.

    Args:
        batches: The samples of each batch.
        starts: Number of each shard's first sample, then of all samples; (S + 1,).
        correlation: Of two samples of one shard, whatever is averaged.
    """
    together = []
    for batch in batches:
        counts = np.unique(shards_of(batch, starts), return_counts=True)[1]
        # Ordered pairs of different samples in one shard, per sample.
        together.append(np.sum(counts * (counts - 1)) / len(batch))
    return float(1 + correlation * np.mean(together))


def opens_per_sample(
    batches: Iterable[NDArray[np.int64]], starts: NDArray[np.int64], max_open: int
) -> float:
    """Return how many files a data worker opens per sample that it reads.

    Args:
        batches: The samples of each batch that the worker loads.
        starts: Number of each shard's first sample, then of all samples; (S + 1,).
        max_open: Number of files that it keeps open, the last used ones.
    """
    kept: OrderedDict[int, None] = OrderedDict()
    opens = samples = 0
    for batch in batches:
        for shard in shards_of(batch, starts).tolist():
            opens += shard not in kept
            kept[shard] = None
            kept.move_to_end(shard)
            if len(kept) > max_open:
                kept.popitem(last=False)
        samples += len(batch)
    return opens / samples


def shards_of(
    samples: NDArray[np.int64] | Sequence[int], starts: NDArray[Any]
) -> NDArray[np.int64]:
    """Return the shard of each sample."""
    return np.searchsorted(starts, samples, side="right") - 1
