"""Which samples of which source each rank takes in which micro-batch of which step.

Every source is an endless stream (see :mod:`iclip.datasets.source_sampler`). With G_s samples of
source s per step, over all ranks, step k takes the positions

    [P_s + k * G_s, P_s + (k + 1) * G_s)

of the stream, where P_s is how many samples of the source were consumed before step 0. They are cut
into W * M equal parts in order; rank r of W takes part r * M + m as its micro-batch m of M. So the
samples of a step are the same however it is divided, every sample comes once per epoch of its
source, no two ranks share one, and any step can be computed without those before it.

Positions that are left out, such as those of samples that broke a step, are taken by none: all of
the above then holds for the stream without them.
"""

from collections.abc import Iterator, Mapping, Sequence

from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from iclip.batch_sizes import split_batch
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.source_sampler import SourceSampler
from iclip.datasets.stream_gaps import Gaps, with_gap
from iclip.registry import DATA_SAMPLERS
from iclip.settings import whole_number


@DATA_SAMPLERS.register_module()
class MixingBatchSampler(Sampler[list[SampleKey]]):
    """Endless micro-batches with a fixed number of samples per source, in the sources' order.

    Args:
        sampler: The streams.
        batch_size: Samples per micro-batch, of all sources together.
        ratio: Parts of the batch that are (labelled images, image-text pairs): (1, 2) with a batch
            of 192 gives 64 and 128.
        accumulation: Micro-batches per rank and step.
        rank: Number of this rank; mmengine's by default.
        world_size: Number of ranks; mmengine's by default.

    Attributes:
        counts: Number of samples of each source per micro-batch.

    Raises:
        ValueError: The batch cannot hold the ratio exactly, the ratio asks for an absent source, or
            ``accumulation`` is not a whole number from 1 up.
    """

    def __init__(
        self,
        sampler: SourceSampler,
        batch_size: int,
        ratio: Sequence[int],
        accumulation: int = 1,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        default_rank, default_size = get_dist_info()
        self.rank = default_rank if rank is None else rank
        self.world_size = default_size if world_size is None else world_size
        self.sampler = sampler
        self.batch_size = batch_size
        self.accumulation = whole_number(
            "train_dataloader.batch_sampler.accumulation", accumulation
        )
        self.counts = split_batch(batch_size, ratio, sampler.source_names)
        # Samples of each source that were consumed before the first step.
        self._consumed = (0,) * len(self.counts)
        # Positions of each source that are left out.
        self._gaps: tuple[Gaps, ...] = ((),) * len(self.counts)
        for name, size, count in zip(
            sampler.source_names, sampler.source_sizes, self.counts, strict=True
        ):
            if count and not size:
                raise ValueError(
                    f"ratio={tuple(ratio)} takes {count} of {batch_size} samples from the source "
                    f"{name!r}, which the dataset does not have. Set it in the dataset "
                    f"({name}=dict(...)), or its part of the ratio to 0"
                )

    @property
    def step_counts(self) -> dict[str, int]:
        """Samples of each source, by its name, that a step takes over all ranks."""
        parts = self.world_size * self.accumulation
        names = self.sampler.source_names
        return {name: parts * count for name, count in zip(names, self.counts, strict=True)}

    def start_after(
        self, consumed: Mapping[str, int], left_out: Mapping[str, Gaps] | None = None
    ) -> None:
        """Begin where so many samples of each source, by its name, have been consumed.

        It has to be called before the data workers exist, since they compute their own batches.

        Args:
            consumed: Samples of each source, without those that are left out.
            left_out: Positions of each source that are never read.
        """
        names = self.sampler.source_names
        self._consumed = tuple(consumed.get(name, 0) for name in names)
        self._gaps = tuple((left_out or {}).get(name, ()) for name in names)

    def leave_out(self, consumed: Mapping[str, int]) -> dict[str, Gaps]:
        """Return what is left out if the samples of one more step are, on all ranks.

        Args:
            consumed: Samples of each source that were consumed before that step.
        """
        return {
            name: with_gap(gaps, consumed.get(name, 0), count)
            for (name, count), gaps in zip(self.step_counts.items(), self._gaps, strict=True)
        }

    def __iter__(self) -> Iterator[list[SampleKey]]:
        step = 0
        while True:
            for micro_batch in range(self.accumulation):
                yield self.micro_batch(step, micro_batch)
            step += 1

    def micro_batch(self, step: int, number: int) -> list[SampleKey]:
        """Look up one of this rank's micro-batches of any step."""
        # Parts that precede it, of this step and those before: (k * W + r) * M + m.
        part = (step * self.world_size + self.rank) * self.accumulation + number
        return [
            key
            for source, (consumed, count, gaps) in enumerate(
                zip(self._consumed, self.counts, self._gaps, strict=True)
            )
            if count
            for key in self.sampler.sample_keys(source, consumed + part * count, count, gaps)
        ]
