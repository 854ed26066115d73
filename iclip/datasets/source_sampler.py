"""The endless shuffled stream of each source, with random access.

A stream is the epochs of its source one after the other, each a new permutation. Any position can
be computed without those before it. A source of many shards is read by windows of them, see
:mod:`iclip.datasets.shard_windows`.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from torch.utils.data import Sampler

from iclip.datasets.permutation import permute
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.shard_windows import ShardWindows
from iclip.datasets.stream_gaps import Gaps, positions_around
from iclip.distributed import sync_random_seed
from iclip.hashing import hash_words
from iclip.registry import DATA_SAMPLERS

# Part of the hashes for a source's order and for its augmentations. Without them, both would hash
# (seed, source, number) and share their random numbers.
_ORDER, _AUGMENTATION = 0, 1


class HasSources(Protocol):
    """A dataset that mixes sources, such as `MixedSources`.

    It may have ``source_shards``, too: per source, the number of each shard's first sample and then
    of all samples, (S + 1,), or None for a source that is to be permuted as a whole.
    """

    source_names: Sequence[str]
    source_sizes: Sequence[int]


@DATA_SAMPLERS.register_module()
class SourceSampler(Sampler[SampleKey]):
    """The endless shuffled stream of each source, with random access.

    Args:
        dataset: Holds the sources; an absent source has the size 0.
        seed: Seed of the run, the same on all ranks. None: one rank draws it and shares it.
        shuffle: Whether each epoch of a source is a new permutation; else every epoch is in the
            order of the source.
        window: Largest number of shards that are read at a time, for sources of more than that.
            A data worker keeps as many files open.
        run: Number of consecutive samples that such a source takes from one shard; 1 mixes best,
            and opens a file per sample if there are many ranks.

    Raises:
        ValueError: ``window`` or ``run`` is not a whole number from 1 on.
    """

    def __init__(
        self,
        dataset: HasSources,
        seed: int | None = None,
        shuffle: bool = True,
        window: int = 128,
        run: int = 32,
    ) -> None:
        for name, value in (("window", window), ("run", run)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"SourceSampler({name}={value!r}): give a whole number, 1 or more")
        self.source_names = tuple(dataset.source_names)
        self.source_sizes = tuple(dataset.source_sizes)
        shards = getattr(dataset, "source_shards", (None,) * len(self.source_names))
        # What fits in one window keeps the permutation of all its samples.
        self._windows = tuple(
            ShardWindows(starts, window, run)
            if starts is not None and len(starts) - 1 > window
            else None
            for starts in shards
        )
        self.seed = sync_random_seed() if seed is None else seed
        self.shuffle = shuffle

    def sample_keys(self, source: int, start: int, count: int, gaps: Gaps = ()) -> list[SampleKey]:
        """Look up a range of a source's stream.

        Args:
            source: Number of the source.
            start: Which sample is the first, counted over all ranks and epochs.
            count: Number of samples.
            gaps: Positions that are not counted and never read.

        Returns:
            The keys; their indices and seeds depend on the run's seed, the source and the position
            only.
        """
        positions = positions_around(gaps, start, count)
        seeds = hash_words(self.seed, _AUGMENTATION, source, positions.astype(np.uint64))
        indices = self._indices(source, positions).tolist()
        # Of 64 random bits, a seed keeps 63.
        return [
            SampleKey(source, index, seed)
            for index, seed in zip(indices, (seeds >> np.uint64(1)).tolist(), strict=True)
        ]

    def _indices(self, source: int, positions: np.ndarray) -> np.ndarray:
        """Look up the samples at ascending positions (P,) of a source's stream: int64, (P,)."""
        size = self.source_sizes[source]
        epochs, places = np.divmod(positions, size)
        if not self.shuffle:
            return places
        indices, windows = np.empty_like(places), self._windows[source]
        # A batch may begin in one epoch and end in the next, or span several of a small source.
        for epoch in range(int(epochs[0]), int(epochs[-1]) + 1) if len(epochs) else ():
            in_epoch = epochs == epoch
            key = int(hash_words(self.seed, _ORDER, source, epoch)[0])
            indices[in_epoch] = (
                permute(places[in_epoch], size, key)
                if windows is None
                else windows.look_up(places[in_epoch], key)
            )
        return indices

    def __iter__(self) -> Iterator[SampleKey]:
        raise TypeError(
            "SourceSampler has a stream per source, not a stream of its own; add batch_sampler="
            "dict(type='MixingBatchSampler', ratio=(labelled, pairs)) to the dataloader"
        )
