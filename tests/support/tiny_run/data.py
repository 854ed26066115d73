"""Samples that are functions of their keys, some damaged or missing where a test asks for it."""

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import Dataset, Sampler

from iclip.datasets.readers.missing_data import existing_file
from iclip.datasets.sample_key import SampleKey
from iclip.ranks.this_rank import this_rank
from iclip.registry import DATA_SAMPLERS, DATASETS, FUNCTIONS

NUM_CLASSES, NUM_TOKENS = 3, 16
# CLIP's last token id.
END_OF_TEXT = 49407
# Of each batch; the labelled images come first.
NUM_LABELLED, NUM_PAIRS = 4, 4


@DATASETS.register_module(force=True)
class TinyData(Dataset):
    """Two sources whose samples alternate: number n is sample n // 2 of source n % 2.

    Every ``damaged``-th sample reports a decode error; those from ``end`` on name a missing file.
    The images of samples number ``white`` of both sources have no finite loss. Of each source,
    samples number ``hole[0]`` to ``hole[1] - 1`` are not there.
    Reading hangs on rank ``hangs_on`` from sample 60 on. Rank ``smaller_on`` has 2 samples less.
    """

    source_names = ("labelled", "pairs")

    def __init__(
        self,
        size: int = 1000,
        damaged: int = 0,
        end: int | None = None,
        white: tuple[int, ...] = (),
        hole: tuple[int, int] = (0, 0),
        hangs_on: int | None = None,
        smaller_on: int | None = None,
    ) -> None:
        rank = this_rank().rank
        size -= 2 * (rank == smaller_on)
        self.size, self.damaged, self.end = size, damaged, end
        self.white, self.hole = white, hole
        self.hangs = rank == hangs_on
        self.source_sizes = (size // 2, size // 2)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: SampleKey | int) -> dict[str, Any]:
        number = key
        if isinstance(key, SampleKey):
            start, end = self.hole
            number = 2 * (key.index + (end - start) * (key.index >= start)) + key.source
        generator = torch.Generator().manual_seed(number)
        if self.hangs and number >= 60:
            time.sleep(1000)
        if self.end is not None and number >= self.end:
            existing_file(f"sample {number}", "absent.jpg")
        is_damaged = self.damaged and number % self.damaged == 0
        image = torch.randint(0, 256, (3, 2, 2), generator=generator, dtype=torch.uint8)
        return dict(
            inputs=torch.full_like(image, 255) if number // 2 in self.white else image,
            label=number % NUM_CLASSES,
            token_ids=torch.randint(0, NUM_TOKENS, (2,), generator=generator),
            decode_errors=[f"{number}.jpg is truncated"] if is_damaged else [],
        )


@DATASETS.register_module(force=True)
class TinyMixedSources(TinyData):
    """The same sources, with samples as `MixedSources` gives them, for one of the hub's methods.

    An image is a function of its key, the seed of its augmentation included.
    """

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(key.seed)
        image = torch.randint(0, 256, (3, 4, 4), generator=generator, dtype=torch.uint8)
        sample = dict(image=image, decode_errors=[])
        if key.source == 0:
            return {**sample, "gt_label": key.index % NUM_CLASSES}
        words = torch.randint(0, NUM_TOKENS, (3,), generator=generator)
        return {**sample, "token_ids": torch.cat([words, torch.tensor([END_OF_TEXT])])}


@FUNCTIONS.register_module(force=True)
def tiny_collate(samples: list[dict[str, Any]]) -> dict[str, Any]:
    token_ids = [sample["token_ids"] for sample in samples[NUM_LABELLED:]]
    return dict(
        inputs=torch.stack([sample["inputs"] for sample in samples]),
        gt_labels=torch.tensor([sample["label"] for sample in samples[:NUM_LABELLED]]),
        token_ids=torch.stack(token_ids) if token_ids else torch.zeros(0, 2),
        decode_errors=[error for sample in samples for error in sample["decode_errors"]],
    )


@DATA_SAMPLERS.register_module(force=True)
class TwoBatches(Sampler):
    """Two batches; it cannot start at a later iteration."""

    def __init__(self, sampler: Any, batch_size: int) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[list[int]]:
        yield from (list(range(self.batch_size)) for _ in range(2))
