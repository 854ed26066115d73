"""A data loader whose samples are their own numbers."""

from typing import Any

from torch.utils.data import DataLoader, Dataset

from iclip.datasets.mixing_batch_sampler import MixingBatchSampler
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.source_sampler import SourceSampler


class Positions(Dataset):
    """A sample is its own number; notes what was read."""

    source_names, source_sizes = ("labelled",), (10_000,)

    def __init__(self) -> None:
        self.read: list[int] = []

    def __getitem__(self, key: SampleKey) -> int:
        self.read.append(key.index)
        return key.index


def positions(batch_size: int = 4, accumulation: int = 1) -> MixingBatchSampler:
    """Batches of consecutive numbers."""
    streams = SourceSampler(Positions(), 0, shuffle=False)
    return MixingBatchSampler(streams, batch_size, (1,), accumulation)


def loader(batches: Any = None, **options: Any) -> DataLoader:
    return DataLoader(Positions(), batch_sampler=batches or positions(), **options)
