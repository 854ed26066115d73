"""Which samples of which source each rank takes in which iteration.

Every source is an endless stream (see :mod:`iclip.datasets.source_sampler`). With B_s samples of
source s per rank and iteration, rank r of W takes in iteration k the positions

    [(k * W + r) * B_s, (k * W + r + 1) * B_s)

of the stream. So every sample comes once per epoch of its source, no two ranks share a sample, and
any iteration can be computed without those before it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from iclip.datasets.sample_key import SampleKey
from iclip.datasets.source_sampler import SourceSampler
from iclip.registry import DATA_SAMPLERS


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
