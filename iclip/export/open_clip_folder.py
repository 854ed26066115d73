"""Both towers as an open_clip model: a folder with its config, its weights and its tokenizer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from iclip.export.backbone_layouts import backbone_in
from iclip.export.source import Source
from iclip.models import BatchPreprocessor, RobertaTextEncoder, TextTransformer
from iclip.models.text_towers.transformer import CLIP_VOCAB_SIZE
from iclip.text.tokenizer import RobertaTokenizer

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"

_TEXT = "text_encoder."
# What a model with two towers has beside them.
_JOINT_SPACE = ("image_projection.weight", "text_projection.weight", "logit_scale")


def open_clip_weights(
    source: Source, leave_out: Sequence[str] = ()
) -> tuple[dict[str, Tensor], list[str]]:
    """Map both towers to the names of ``open_clip.CustomTextCLIP``.

    Args:
        source: The checkpoint.
        leave_out: As for :func:`~iclip.export.backbone_layouts.backbone_in`.

    Returns:
        The tensors to write, and the names in the checkpoint that have no place there.

    Raises:
        ValueError: There is no text tower, or open_clip cannot build the image tower.
    """
    absent = [name for name in _JOINT_SPACE if name not in source.tensors]
    if absent:
        raise ValueError(
            f"{source.path} has no {', '.join(absent)}: an open_clip model has two towers, and "
            "this file holds a backbone or a supervised model. Take --layout timm for the backbone"
        )
    trunk, dropped = backbone_in("open_clip", source, leave_out)
    if source.timm_name is None:
        raise ValueError(
            f"{source.path}: open_clip builds its image tower by one of timm's names, and none has "
            f"embed_dims={source.arch.embed_dims}, depths={source.arch.depths}, "
            f"num_heads={source.arch.num_heads}, windows of {source.window}. "
            "Take --layout timm or iclip"
        )
    weights = {f"visual.trunk.{name}": tensor for name, tensor in trunk.items()}
    weights["visual.head.proj.weight"] = source.tensors["image_projection.weight"]
    weights["logit_scale"] = source.tensors["logit_scale"]
    text = {
        name.removeprefix(_TEXT): tensor
        for name, tensor in source.tensors.items()
        if name.startswith(_TEXT)
    }
    projection = source.tensors["text_projection.weight"]
    if "token_embedding.weight" in text:
        weights["text.text_projection"] = projection.T.contiguous()
        ids = text.pop("bpe_ids", None)
        if ids is not None:
            text["token_embedding.weight"] = full_token_table(text["token_embedding.weight"], ids)
        weights |= {f"text.{name}": tensor for name, tensor in text.items()}
    else:
        weights["text.proj.weight"] = projection
        for name, tensor in text.items():
            weights[f"text.transformer.{name.removeprefix('roberta.')}"] = tensor
    known = (*_JOINT_SPACE, "backbone.", _TEXT)
    dropped += [name for name in source.tensors if not name.startswith(known)]
    return weights, dropped


def full_token_table(table: Tensor, bpe_ids: Tensor) -> Tensor:
    """Give every CLIP id its row: (len(bpe_ids) + 1, width) to (49408, width).

    Row i + 1 is that of ``bpe_ids[i]``; row 0, the unknown word's, goes to all other ids.
    """
    rows = torch.zeros(CLIP_VOCAB_SIZE, dtype=torch.int64)
    rows[bpe_ids] = torch.arange(1, len(bpe_ids) + 1)
    return table[rows]


def open_clip_config(source: Source, model: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write down the architecture as ``open_clip_config.json`` has it.

    Args:
        source: The checkpoint.
        model: The run's ``model`` config.
        folder: Where the tokenizer of a RoBERTa goes, with its config; open_clip reads CLIP's from
            its own package.

    Raises:
        ValueError: The text tower is none that open_clip has.
    """
    text = dict(model["text_encoder"])
    kind = text.pop("type").removeprefix("iclip.")
    tokenizer = dict((model.get("class_prompts") or {}).get("tokenizer") or {})
    context_length = tokenizer.get("context_length", 77)
    clean = "lower" if tokenizer.get("lower", True) else "whitespace"
    if kind == TextTransformer.__name__:
        text_cfg = _causal_text(source, text)
        text_cfg["tokenizer_kwargs"] = {"clean": clean}
    elif kind == RobertaTextEncoder.__name__:
        text_cfg = _roberta_text(text, tokenizer, folder)
        text_cfg["tokenizer_kwargs"] = {"clean": clean}
        text_cfg["context_length"] = context_length
    else:
        raise ValueError(
            f"model.text_encoder.type={kind!r} has no counterpart in open_clip; TextTransformer "
            "and RobertaTextEncoder have"
        )
    preprocessor = dict(model.get("data_preprocessor") or {})
    preprocessor.pop("type", None)
    pixels = BatchPreprocessor(**preprocessor)
    size = int((source.timm_name or "").rpartition("_")[2])
    return {
        "model_cfg": {
            "embed_dim": source.tensors["image_projection.weight"].shape[0],
            "custom_text": True,
            "vision_cfg": {
                "timm_model_name": source.timm_name,
                "timm_model_pretrained": False,
                "timm_pool": "avg",
                "timm_proj": "linear",
                "image_size": size,
            },
            "text_cfg": text_cfg,
        },
        "preprocess_cfg": {
            "size": size,
            "mean": (pixels.mean.flatten().double() / 255).tolist(),
            "std": (pixels.std.flatten().double() / 255).tolist(),
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


def _causal_text(source: Source, text: Mapping[str, Any]) -> dict[str, Any]:
    context_length, width = source.tensors[f"{_TEXT}positional_embedding"].shape
    return {
        "context_length": context_length,
        "vocab_size": CLIP_VOCAB_SIZE,
        "width": width,
        "heads": text.get("heads", 8),
        "layers": text.get("layers", 12),
    }


def _roberta_text(text: dict[str, Any], tokenizer: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Put tokenizer and config into the folder; open_clip reads the latter by name or path."""
    name = text.get("name_or_path")
    tokenizer_name = tokenizer.get("name_or_path", name or "roberta-base")
    folder.mkdir(parents=True, exist_ok=True)
    settings = {key: value for key, value in tokenizer.items() if key != "type"}
    RobertaTokenizer(**(settings | {"name_or_path": tokenizer_name})).save(folder)
    RobertaTextEncoder(**(text | {"name_or_path": None})).save_config(folder)
    on_the_hub = name is not None and not Path(name).is_dir()
    return {
        "hf_model_name": name if on_the_hub else str(folder.resolve()),
        "hf_model_pretrained": False,
        "hf_tokenizer_name": tokenizer_name,
        "hf_pooler_type": "mean_pooler",
        "hf_proj_type": "linear",
    }
