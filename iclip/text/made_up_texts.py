"""Texts as long as real ones, for what depends on their lengths alone."""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from iclip.text.class_texts import ClassText, ClassTexts

# Lengths of ImageNet-22K's class texts (template, name and description from WordNet): each share of
# the classes has at most so many tokens. CLIP's and RoBERTa's counts differ by one.
SHARES, TOKENS = (0.0, 0.5, 0.9, 0.95, 0.99, 1.0), (10, 24, 36, 40, 50, 112)

# Ids in front of and behind a text, and those that fill its row, by the tokenizer's type.
SPECIAL_IDS = {
    "CLIPTokenizer": dict(start=49406, end=49407, pad_id=0),
    "RobertaTokenizer": dict(start=0, end=2, pad_id=1),
}


class WordCountTokenizer:
    """One id per word; which id does not matter.

    Args:
        context_length: Ids per text.
        start: Id in front.
        end: Id behind.
        pad_id: Fills the row.
    """

    def __init__(self, context_length: int, start: int, end: int, pad_id: int) -> None:
        self.context_length, self.start, self.end, self.pad_id = context_length, start, end, pad_id

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Return token ids (T, L), int64."""
        rows = np.full((len(texts), self.context_length), self.pad_id, dtype=np.int64)
        for row, text in zip(rows, texts, strict=True):
            # Ids 3 to 502: above RoBERTa's special ids, below 600, which a small vocabulary has.
            words = text.split()[: self.context_length - 2]
            ids = [self.start, *(3 + zlib.crc32(word.encode()) % 500 for word in words), self.end]
            row[: len(ids)] = ids
        return torch.from_numpy(rows)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Return how many ids each text needs."""
        return [len(text.split()) + 2 for text in texts]


def made_up_lengths(count: int) -> npt.NDArray[np.int64]:
    """Return the lengths in tokens of so many texts, (count,), the shortest first."""
    places = (np.arange(count) + 1) / max(count, 1)
    return np.interp(places, SHARES, TOKENS).astype(np.int64)


def made_up_classes(count: int) -> ClassTexts:
    """Make classes whose texts are as long as ImageNet-22K's."""
    return ClassTexts(
        [
            # "a photo of a NAME, DESCRIPTION." has five words and two special ids beside it.
            ClassText(f"c{i}", ("name",), " ".join(["word"] * max(1, length - 7)))
            for i, length in enumerate(made_up_lengths(count).tolist())
        ]
    )


def made_up_captions(count: int) -> list[str]:
    """Make captions as long as ImageNet-22K's class texts."""
    # Without the two special ids.
    return [" ".join(["word"] * (length - 2)) for length in made_up_lengths(count).tolist()]
