"""A model of every method, small enough to compare gradients in float64 over several processes."""

import random
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from iclip.models import ImageMethod
from iclip.registry import MODELS
from iclip.text.class_texts import ClassText, ClassTexts

METHODS = ("ICLIP", "ICLIP names", "UniCL", "CLIP", "MultiTask", "Supervised")
NUM_CLASSES, IMAGE_SIZE, CONTEXT_LENGTH = 7, 4, 7
END_OF_TEXT = 49407


@MODELS.register_module(force=True)
class FlatBackbone(nn.Module):
    """One layer over the flattened image."""

    num_features = 12

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3 * IMAGE_SIZE**2, self.num_features)

    def forward_pooled(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs.flatten(1)).tanh()


class LetterTokenizer:
    """One id per letter: enough to distinguish texts."""

    context_length, pad_id, eos_id, vocab_size = CONTEXT_LENGTH, 0, END_OF_TEXT, 49408

    def token_counts(self, texts: list[str]) -> list[int]:
        return [min(len(text) + 1, CONTEXT_LENGTH) for text in texts]

    def __call__(self, texts: list[str]) -> Tensor:
        rows = [[ord(c) for c in text[: CONTEXT_LENGTH - 1]] + [self.eos_id] for text in texts]
        return torch.tensor([row + [0] * (CONTEXT_LENGTH - len(row)) for row in rows])


def build(method: str) -> ImageMethod:
    """The same weights for the same method, in every process.

    Args:
        method: One of :data:`METHODS`, or one with "chunks" behind it: the class texts are encoded
            in small chunks, whose activations are computed again in the backward pass.
    """
    torch.manual_seed(0)
    kind, _, variant = method.partition(" ")
    texts = ClassTexts(
        [ClassText(str(i), (chr(97 + i) * (1 + i % 3),), "xyz"[i % 3]) for i in range(NUM_CLASSES)]
    )
    model = MODELS.build(
        dict(
            type=f"iclip.{kind}",
            backbone=dict(type="iclip.FlatBackbone"),
            text_encoder=dict(
                type="iclip.TextTransformer",
                context_length=CONTEXT_LENGTH,
                width=16,
                heads=2,
                layers=1,
                vocabulary=[*range(128), END_OF_TEXT],
                token_std=1.0,
            ),
            class_prompts=dict(
                class_texts=texts,
                tokenizer=LetterTokenizer(),
                templates=["{}", "q{}"],
                variant="name" if variant == "names" else "name_description",
            ),
            embed_dim=8,
            text_chunks=dict(tokens=12, kept_tokens=0) if variant == "chunks" else None,
            data_preprocessor=dict(type="BatchPreprocessor", mean=(0.0,) * 3, std=(1.0,) * 3),
        )
    )
    return model.double()


def global_batch(method: str, num_labelled: int, num_pairs: int) -> dict[str, Any]:
    """One global batch; a method gets only the source that it reads."""
    torch.manual_seed(1)
    num_labelled = 0 if method == "CLIP" else num_labelled
    num_pairs = 0 if method == "Supervised" else num_pairs
    words = [chr(97 + i) + chr(110 + i % 5) for i in range(num_pairs)]
    return dict(
        inputs=torch.randn(num_labelled + num_pairs, 3, IMAGE_SIZE, IMAGE_SIZE).double(),
        gt_labels=torch.randint(0, NUM_CLASSES, (num_labelled,)),
        token_ids=LetterTokenizer()(words) if words else torch.zeros(0, CONTEXT_LENGTH).long(),
    )


def cut_at(batch: dict[str, Any], cuts: list[int], pair_cuts: list[int]) -> list[dict[str, Any]]:
    """Cut a batch into parts, each with its labelled images first.

    Args:
        batch: Of :func:`global_batch`.
        cuts: Where the parts' labelled images begin, and where the last one's end.
        pair_cuts: The same for the pairs.
    """
    labelled, paired = batch["inputs"].split([len(batch["gt_labels"]), len(batch["token_ids"])])
    return [
        dict(
            inputs=torch.cat([labelled[start:end], paired[first:last]]),
            gt_labels=batch["gt_labels"][start:end],
            token_ids=batch["token_ids"][first:last],
        )
        for (start, end), (first, last) in zip(pairwise(cuts), pairwise(pair_cuts), strict=True)
    ]


def cut_unevenly(batch: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Cut a batch into parts of any size, the same each time; with many, some are empty."""
    draw = random.Random(count)

    def cuts(total: int) -> list[int]:
        return [0, *sorted(draw.randint(0, total) for _ in range(count - 1)), total]

    return cut_at(batch, cuts(len(batch["gt_labels"])), cuts(len(batch["token_ids"])))
