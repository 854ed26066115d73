"""The order in which an epoch reads samples that lie in shards: mixed, and with few opened files.

A permutation of all samples opens a file for nearly each of them: 6,400 consecutive pairs of
LAION-400M lie in some 5,900 of its 41,455 shards. Here an epoch

1. permutes the shards and cuts their order into windows of ``window`` shards,
2. permutes the samples of each shard and cuts that order into runs of ``run`` samples,
3. permutes the runs of all shards of a window.

So whoever reads consecutive samples, one rank of many or one data worker of a rank, finds ``run``
of them in one shard and some ``window`` shards in use at a time. The order is a pure function of
the place, as the permutation is: a place's sample is found without those before it.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iclip.datasets.permutation import permute
from iclip.hashing import Words, hash_words

# Parts of the hashes of an epoch's key, one per permutation.
_SHARDS, _SAMPLES, _RUNS = 0, 1, 2

Integers = NDArray[np.int64]


class _Epoch(NamedTuple):
    """The windows of an epoch.

    Attributes:
        shards: The shards in the epoch's order; (S,).
        first_shard: Where each window begins among these, then S; (W + 1,).
        first_place: Where each window begins among the epoch's samples, then the end; (W + 1,).
    """

    shards: Integers
    first_shard: Integers
    first_place: Integers


class _Runs(NamedTuple):
    """The runs of a window in their order; (R,) each.

    Attributes:
        shard: The shard of each.
        start: Where each begins in the permutation of its shard.
        end: Where each ends among the window's samples.
    """

    shard: Integers
    start: Integers
    end: Integers


class ShardWindows:
    """The order of the samples of many shards, with random access.

    Args:
        starts: Number of each shard's first sample, then of all samples; (S + 1,). Shards may be
            empty.
        window: Number of shards that are read together; more than are there make one window.
        run: Number of consecutive samples from one shard.
    """

    def __init__(self, starts: Integers, window: int, run: int) -> None:
        self._starts = np.asarray(starts, np.int64)
        self._sizes = np.diff(self._starts)
        self._window, self._run = window, run
        # Consecutive batches lie in one window or two, and end an epoch now and then.
        self._epoch = lru_cache(maxsize=2)(self._plan_epoch)
        self._runs = lru_cache(maxsize=2)(self._plan_window)

    def look_up(self, places: Integers, key: int) -> Integers:
        """Look up the samples at ascending places (P,) of the epoch that ``key`` selects: (P,)."""
        first_place = self._epoch(key).first_place
        windows = np.searchsorted(first_place, places, side="right") - 1
        samples = np.empty_like(places)
        for window in range(int(windows[0]), int(windows[-1]) + 1) if len(places) else ():
            inside = windows == window
            samples[inside] = self._samples(places[inside] - first_place[window], key, window)
        return samples

    def _samples(self, places: Integers, key: int, window: int) -> Integers:
        """Look up the samples at places of a window."""
        runs = self._runs(key, window)
        number = np.searchsorted(runs.end, places, side="right")
        shards = runs.shard[number]
        before = np.where(number > 0, runs.end[number - 1], 0)
        in_shard = runs.start[number] + places - before
        keys = _keys(key, _SAMPLES, shards)
        return self._starts[shards] + permute(in_shard, self._sizes[shards], keys)

    def _plan_epoch(self, key: int) -> _Epoch:
        count = len(self._sizes)
        shards = permute(np.arange(count), count, _key(key, _SHARDS))
        # Windows of nearly equal numbers of shards: a last one of few would mix them too little.
        windows = -(-count // self._window)
        first_shard = np.arange(windows + 1) * count // windows
        ends = np.concatenate([[0], np.cumsum(self._sizes[shards])])
        return _Epoch(shards, first_shard, ends[first_shard])

    def _plan_window(self, key: int, window: int) -> _Runs:
        epoch = self._epoch(key)
        shards = epoch.shards[epoch.first_shard[window] : epoch.first_shard[window + 1]]
        counts = -(-self._sizes[shards] // self._run)
        # The runs in the order of the shards, then in the window's own.
        shard = np.repeat(shards, counts)
        in_shard = np.arange(len(shard)) - np.repeat(np.cumsum(counts) - counts, counts)
        order = permute(np.arange(len(shard)), max(1, len(shard)), _key(key, _RUNS, window))
        shard, start = shard[order], in_shard[order] * self._run
        lengths = np.minimum(self._run, self._sizes[shard] - start)
        return _Runs(shard, start, np.cumsum(lengths))

    def __getstate__(self) -> dict[str, object]:
        # The caches are functions of this object, which pickle does not take.
        return {"starts": self._starts, "window": self._window, "run": self._run}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _keys(key: int, part: int, numbers: Integers) -> Words:
    return hash_words(key, part, numbers.astype(np.uint64))


def _key(key: int, part: int, number: int = 0) -> int:
    return int(hash_words(key, part, number)[0])
