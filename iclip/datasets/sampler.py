"""Which samples of which source each rank takes in which iteration.

Every source is an endless stream: its epochs one after the other, each a new permutation. With B_s
samples of source s per rank and iteration, rank r of W takes in iteration k the positions

    [(k * W + r) * B_s, (k * W + r + 1) * B_s)

of the stream. So every sample comes once per epoch of its source, no two ranks share a sample, and
any iteration can be computed without those before it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from iclip.datasets.permutation import permute
from iclip.datasets.sample_key import SampleKey
from iclip.distributed import sync_random_seed
from iclip.hashing import hash_words
from iclip.registry import DATA_SAMPLERS

# Part of the hashes for a source's order and for its augmentations. Without them, both would hash
# (seed, source, number) and share their random numbers.
_ORDER, _AUGMENTATION = 0, 1


class HasSources(Protocol):
    """A dataset that mixes sources, such as `MixedSources`."""

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
    """

    def __init__(self, dataset: HasSources, seed: int | None = None, shuffle: bool = True) -> None:
        self.source_names = tuple(dataset.source_names)
        self.source_sizes = tuple(dataset.source_sizes)
        self.seed = sync_random_seed() if seed is None else seed
        self.shuffle = shuffle

    def sample_keys(self, source: int, start: int, count: int) -> list[SampleKey]:
        """Look up a range of a source's stream.

        Args:
            source: Number of the source.
            start: Global position of the first sample, over all ranks and epochs.
            count: Number of samples.

        Returns:
            The keys; their indices and seeds depend on the run's seed, the source and the position
            only.
        """
        positions = np.arange(start, start + count)
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
        indices = np.empty_like(places)
        # A batch may begin in one epoch and end in the next, or span several of a small source.
        for epoch in range(int(epochs[0]), int(epochs[-1]) + 1) if len(epochs) else ():
            in_epoch = epochs == epoch
            key = int(hash_words(self.seed, _ORDER, source, epoch)[0])
            indices[in_epoch] = permute(places[in_epoch], size, key)
        return indices

    def __iter__(self) -> Iterator[SampleKey]:
        raise TypeError(
            "SourceSampler has a stream per source, not a stream of its own; add batch_sampler="
            "dict(type='MixingBatchSampler', ratio=(labelled, pairs)) to the dataloader"
        )


@DATA_SAMPLERS.register_module()
class MixingBatchSampler(Sampler[list[SampleKey]]):
    """Endless batches with a fixed number of samples per source, in the order of the sources.

    Args:
        sampler: The streams.
        batch_size: Samples per rank and iteration, of all sources together.
        ratio: Parts of the batch that are (labelled images, image-text pairs): (1, 2) with a batch
            of 192 gives 64 and 128.
        rank: Number of this rank; mmengine's by default.
        world_size: Number of ranks; mmengine's by default.

    Attributes:
        start_iteration: First iteration of the batches. A resumed run sets it, so the samples
            before it are not read again.
        counts: Number of samples of each source per batch.

    Raises:
        ValueError: The batch cannot hold the ratio exactly, or the ratio asks for an absent source.
    """

    def __init__(
        self,
        sampler: SourceSampler,
        batch_size: int,
        ratio: Sequence[int],
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        default_rank, default_size = get_dist_info()
        self.rank = default_rank if rank is None else rank
        self.world_size = default_size if world_size is None else world_size
        self.sampler = sampler
        self.batch_size = batch_size
        self.counts = split_batch(batch_size, ratio, sampler.source_names)
        self.start_iteration = 0
        for name, size, count in zip(
            sampler.source_names, sampler.source_sizes, self.counts, strict=True
        ):
            if count and not size:
                raise ValueError(
                    f"ratio={tuple(ratio)} takes {count} of {batch_size} samples from the source "
                    f"{name!r}, which the dataset does not have. Set it in the dataset "
                    f"({name}=dict(...)), or its part of the ratio to 0"
                )

    def __iter__(self) -> Iterator[list[SampleKey]]:
        iteration = self.start_iteration
        while True:
            yield self.batch(iteration)
            iteration += 1

    def batch(self, iteration: int) -> list[SampleKey]:
        """Look up this rank's batch of any iteration."""
        # Number of this batch among those of all ranks: k * W + r in the module's formula.
        number = iteration * self.world_size + self.rank
        return [
            key
            for source, count in enumerate(self.counts)
            if count
            for key in self.sampler.sample_keys(source, number * count, count)
        ]


def split_batch(batch_size: int, ratio: Sequence[Any], names: Sequence[str]) -> tuple[int, ...]:
    """Divide a batch among the sources.

    Args:
        batch_size: Samples to divide.
        ratio: Part of each source, whole numbers, not all 0.
        names: Names of the sources.

    Returns:
        Number of samples of each source; their sum is ``batch_size``.

    Raises:
        ValueError: The ratio is malformed, or ``batch_size`` cannot be divided in this ratio.
    """
    ratio = tuple(ratio)
    whole = all(isinstance(part, int) and part >= 0 for part in ratio)
    if len(ratio) != len(names) or not whole or not any(ratio):
        raise ValueError(
            f"ratio={ratio}: give one whole number >= 0 for each source, ({', '.join(names)}), "
            "and not only zeros"
        )
    # The smallest batch with this ratio: (2, 4) is the ratio (1, 2), which 3 samples can have.
    smallest = sum(ratio) // int(np.gcd.reduce(ratio))
    if batch_size < 1 or batch_size % smallest:
        below = batch_size // smallest * smallest
        fitting = [size for size in (below, below + smallest) if size > 0]
        raise ValueError(
            f"batch_size={batch_size} cannot hold ratio={ratio} exactly: it must be a multiple of "
            f"{smallest}. The nearest that can: {' or '.join(map(str, fitting))}"
        )
    return tuple(batch_size * part // sum(ratio) for part in ratio)
