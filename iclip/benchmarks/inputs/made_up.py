"""Build the methods' models and batches in their real sizes, with made-up texts and images."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor

from iclip.models import TwoTowers
from iclip.registry import MODELS
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.tokenizer_protocol import Tokenizer

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
# Lengths of ImageNet-22K's class texts (template, name, description): each share of the classes has
# at most so many tokens. CLIP's and RoBERTa's counts differ by one.
SHARES, TOKENS = (0.0, 0.5, 0.9, 0.95, 0.99, 1.0), (10, 24, 36, 40, 50, 112)
TINY_ARCH = dict(embed_dims=24, depths=(2, 2), num_heads=(2, 4))
TINY_ROBERTA = dict(
    hidden_size=32, num_attention_heads=2, num_hidden_layers=1, intermediate_size=64
)


class WordCountTokenizer:
    """One id per word; which id does not matter for a measurement.

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
            # Ids 3 to 502: above RoBERTa's special ids, below 600 (see `build_method`).
            words = text.split()[: self.context_length - 2]
            ids = [self.start, *(3 + zlib.crc32(word.encode()) % 500 for word in words), self.end]
            row[: len(ids)] = ids
        return torch.from_numpy(rows)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Return how many ids each text needs."""
        return [len(text.split()) + 2 for text in texts]


def made_up_classes(count: int) -> ClassTexts:
    """Make classes whose texts are as long as ImageNet-22K's."""
    places = (np.arange(count) + 1) / count
    lengths = np.interp(places, SHARES, TOKENS).astype(int)
    return ClassTexts(
        [
            # "a photo of a NAME, DESCRIPTION." has five words and two special ids beside it.
            ClassText(f"c{i}", (f"name{i}",), " ".join(["word"] * max(1, length - 7)))
            for i, length in enumerate(lengths.tolist())
        ]
    )


def build_method(
    config: str,
    classes: int | ClassTexts,
    tiny: bool = False,
    tokenizer: Tokenizer | None = None,
    text_layers: int | None = None,
    drop_path_rate: float | None = None,
) -> TwoTowers:
    """Build the model of ``configs/<config>`` with random weights.

    Args:
        config: File below ``configs/``.
        classes: Number of made-up classes, or the texts of real ones.
        tiny: Give the image tower two narrow stages and the text tower one narrow layer.
        tokenizer: Tokenizer of the texts; None for one with made-up tokens.
        text_layers: Layers of a text tower other than RoBERTa; None: the config's.
        drop_path_rate: Stochastic depth of the image tower; None: the config's.
    """
    cfg = Config.fromfile(CONFIGS / config).model
    text_encoder = dict(cfg.text_encoder)
    roberta = text_encoder["type"] == "RobertaTextEncoder"
    if roberta:
        text_encoder["name_or_path"] = None  # random weights
        ends = dict(start=0, end=2, pad_id=1)
    else:
        # CLIP's ids of the start and the end of a text.
        ends = dict(start=49406, end=49407, pad_id=0)
    # A text encoder that keeps a part of the vocabulary gets the ids that the tokenizer uses.
    if text_encoder.get("vocabulary") is not None:
        text_encoder["vocabulary"] = [*range(600), 49406, 49407]
    if tiny:
        cfg.backbone.arch = TINY_ARCH
        text_encoder |= TINY_ROBERTA if roberta else dict(width=32, heads=2, layers=1)
    if text_layers is not None:
        text_encoder["layers"] = text_layers
    if drop_path_rate is not None:
        cfg.backbone.drop_path_rate = drop_path_rate
    tokenizer = tokenizer or WordCountTokenizer(text_encoder.get("context_length", 77), **ends)
    texts = made_up_classes(classes) if isinstance(classes, int) else classes
    prompts = dict(cfg.class_prompts) | dict(
        class_texts=texts, tokenizer=tokenizer, templates="simple"
    )
    settings = {**cfg, "text_encoder": text_encoder, "class_prompts": prompts}
    torch.manual_seed(0)
    return MODELS.build(settings | {"type": f"iclip.{cfg.type}"})


def made_up_batch(model: TwoTowers, labelled: int, pairs: int, side: int) -> dict[str, Any]:
    """Make a batch as the data loader gives it, of the sources that the method reads."""
    name = type(model).__name__
    labelled, pairs = (0 if name == "CLIP" else labelled), (0 if name == "Supervised" else pairs)
    assert model.class_prompts is not None
    lengths = np.interp(np.linspace(0, 1, pairs), SHARES, TOKENS).astype(int)
    captions = [" ".join(["word"] * length) for length in lengths.tolist()]
    return dict(
        inputs=torch.randint(0, 256, (labelled + pairs, 3, side, side), dtype=torch.uint8),
        gt_labels=torch.randint(0, len(model.class_prompts), (labelled,)),
        token_ids=model.class_prompts.tokenizer(captions),
    )
