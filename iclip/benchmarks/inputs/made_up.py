"""Build the methods' models and batches in their real sizes, with made-up texts and images."""

from typing import Any

import torch
from mmengine.config import Config

from iclip.models import TwoTowers
from iclip.registry import MODELS
from iclip.shipped_configs import shipped_config
from iclip.text.class_texts import ClassTexts
from iclip.text.made_up_texts import (
    SPECIAL_IDS,
    WordCountTokenizer,
    made_up_captions,
    made_up_classes,
)
from iclip.text.tokenizer_protocol import Tokenizer

TINY_ARCH = dict(embed_dims=24, depths=(2, 2), num_heads=(2, 4))
TINY_ROBERTA = dict(
    hidden_size=32, num_attention_heads=2, num_hidden_layers=1, intermediate_size=64
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
    cfg = Config.fromfile(shipped_config(f"configs/{config}")).model
    text_encoder = dict(cfg.text_encoder)
    roberta = text_encoder["type"] == "RobertaTextEncoder"
    ends = SPECIAL_IDS["RobertaTokenizer" if roberta else "CLIPTokenizer"]
    if roberta:
        text_encoder["name_or_path"] = None  # random weights
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
    return dict(
        inputs=torch.randint(0, 256, (labelled + pairs, 3, side, side), dtype=torch.uint8),
        gt_labels=torch.randint(0, len(model.class_prompts), (labelled,)),
        token_ids=model.class_prompts.tokenizer(made_up_captions(pairs)),
    )
