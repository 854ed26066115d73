"""Both towers as an open_clip model: a folder with its config, its weights and its tokenizer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from iclip.checkpoints.swin_layouts import SWIN_LAYOUTS
from iclip.export.backbone_layouts import backbone_in
from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.export.timm_folder import pixels_of
from iclip.models import RobertaTextEncoder, TextTransformer
from iclip.models.text_towers.transformer import CLIP_VOCAB_SIZE
from iclip.text.tokenizer import RobertaTokenizer

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"

_TEXT = "text_encoder."
# Tensors that a model with two towers has besides the towers.
_JOINT_SPACE = ("image_projection.weight", "text_projection.weight", "logit_scale")


def open_clip_weights(
    checkpoint: ExportedCheckpoint, leave_out: Sequence[str] = ()
) -> tuple[dict[str, Tensor], list[str]]:
    """Map both towers to the names of ``open_clip.CustomTextCLIP``.

    Args:
        checkpoint: What is exported.
        leave_out: As for :func:`~iclip.export.backbone_layouts.backbone_in`.

    Returns:
        The tensors to write, and the names in the checkpoint that have no place there.

    Raises:
        ValueError: There is no text tower, or open_clip cannot build the image tower.
    """
    _check_towers(checkpoint)
    tensors = checkpoint.tensors
    trunk, dropped = backbone_in("open_clip", checkpoint, leave_out)
    if checkpoint.timm_name is None:
        raise ValueError(
            f"{checkpoint.path}: open_clip builds its image tower by one of timm's names, and none "
            f"has embed_dims={checkpoint.arch.embed_dims}, depths={checkpoint.arch.depths}, "
            f"num_heads={checkpoint.arch.num_heads}, windows of {checkpoint.window}. "
            "Take --layout timm or iclip"
        )
    # open_clip has the same logit_scale; its image projection is the layer behind timm's trunk.
    prefix = SWIN_LAYOUTS["open_clip"].prefix
    weights = {prefix + name: tensor for name, tensor in trunk.items()}
    weights["visual.head.proj.weight"] = tensors["image_projection.weight"]
    weights["logit_scale"] = tensors["logit_scale"]
    weights |= _text_weights(tensors)
    known = (*_JOINT_SPACE, SWIN_LAYOUTS["iclip"].prefix, _TEXT)
    return weights, dropped + [name for name in tensors if not name.startswith(known)]


def _check_towers(checkpoint: ExportedCheckpoint) -> None:
    """Raise ValueError where the checkpoint is not of two towers and their joint space."""
    absent = [name for name in _JOINT_SPACE if name not in checkpoint.tensors]
    if absent:
        raise ValueError(
            f"{checkpoint.path} has no {', '.join(absent)}: an open_clip model has two towers, and "
            "this file holds a backbone or a supervised model. Take --layout timm for the backbone"
        )


def _text_weights(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Map the text tower and its projection, (D, width), to open_clip's names."""
    text = {
        name.removeprefix(_TEXT): tensor
        for name, tensor in tensors.items()
        if name.startswith(_TEXT)
    }
    projection = tensors["text_projection.weight"]
    if "token_embedding.weight" not in text:  # RoBERTa, whose projection is a linear layer
        inside = {f"text.transformer.{n.removeprefix('roberta.')}": t for n, t in text.items()}
        return {"text.proj.weight": projection} | inside
    ids = text.pop("bpe_ids", None)
    if ids is not None:
        text["token_embedding.weight"] = full_token_table(text["token_embedding.weight"], ids)
    # CLIP's Transformer multiplies by a matrix (width, D).
    weights = {"text.text_projection": projection.T.contiguous()}
    return weights | {f"text.{name}": tensor for name, tensor in text.items()}


def full_token_table(table: Tensor, bpe_ids: Tensor) -> Tensor:
    """Give every CLIP id its own row.

    Args:
        table: (ids + 1, width). Row i + 1 belongs to ``bpe_ids[i]``, row 0 to all other ids.
        bpe_ids: (ids,) int64.

    Returns:
        (49408, width)
    """
    rows = torch.zeros(CLIP_VOCAB_SIZE, dtype=torch.int64)
    rows[bpe_ids] = torch.arange(1, len(bpe_ids) + 1)
    return table[rows]


def open_clip_config(
    checkpoint: ExportedCheckpoint,
    model: Mapping[str, Any],
    folder: Path,
    known_as: str | None = None,
) -> dict[str, Any]:
    """Return the content of ``open_clip_config.json``; for a RoBERTa, also write its tokenizer.

    Args:
        checkpoint: What is exported.
        model: The run's ``model`` config.
        folder: Where a RoBERTa's tokenizer and config are written; open_clip has CLIP's in its own
            package.
        known_as: By which name open_clip finds a RoBERTa's config, if it has no public name: the
            repository that the folder becomes; None for the folder's own name, which is found from
            its parent folder. An absolute path would not outlive a move.

    Raises:
        ValueError: open_clip does not have this text tower.
    """
    # timm's names end with the image size, as in swin_tiny_patch4_window7_224.
    size = int((checkpoint.timm_name or "").rpartition("_")[2])
    return {
        "model_cfg": {
            "embed_dim": checkpoint.tensors["image_projection.weight"].shape[0],
            "custom_text": True,
            "vision_cfg": {
                "timm_model_name": checkpoint.timm_name,
                "timm_model_pretrained": False,
                "timm_pool": "avg",
                "timm_proj": "linear",
                "image_size": size,
            },
            "text_cfg": _text_config(checkpoint, model, folder, known_as or folder.name),
        },
        "preprocess_cfg": {
            "size": size,
            **pixels_of(model),
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


def _text_config(
    checkpoint: ExportedCheckpoint, model: Mapping[str, Any], folder: Path, known_as: str
) -> dict[str, Any]:
    """Return open_clip's ``text_cfg`` for the run's text tower and tokenizer."""
    text = dict(model["text_encoder"])
    kind = text.pop("type").removeprefix("iclip.")
    tokenizer = dict((model.get("class_prompts") or {}).get("tokenizer") or {})
    if kind == TextTransformer.__name__:
        config = _causal_text(checkpoint, text)
    elif kind == RobertaTextEncoder.__name__:
        config = _roberta_text(text, tokenizer, folder, known_as)
        config["context_length"] = tokenizer.get("context_length", 77)
    else:
        raise ValueError(
            f"model.text_encoder.type={kind!r} has no counterpart in open_clip; TextTransformer "
            "and RobertaTextEncoder have"
        )
    clean = "lower" if tokenizer.get("lower", True) else "whitespace"
    return {**config, "tokenizer_kwargs": {"clean": clean}}


def _causal_text(checkpoint: ExportedCheckpoint, text: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a TextTransformer; what its config leaves out is the constructor's default."""
    context_length, width = checkpoint.tensors[f"{_TEXT}positional_embedding"].shape
    return {
        "context_length": context_length,
        "vocab_size": CLIP_VOCAB_SIZE,
        "width": width,
        "heads": text.get("heads", 8),
        "layers": text.get("layers", 12),
    }


def _roberta_text(
    text: dict[str, Any], tokenizer: dict[str, Any], folder: Path, known_as: str
) -> dict[str, Any]:
    """Write tokenizer and config into the folder; open_clip reads the config by name or path."""
    name = text.get("name_or_path")
    tokenizer_name = tokenizer.get("name_or_path", name or "roberta-base")
    folder.mkdir(parents=True, exist_ok=True)
    settings = {key: value for key, value in tokenizer.items() if key != "type"}
    RobertaTokenizer(**(settings | {"name_or_path": tokenizer_name})).save(folder)
    RobertaTextEncoder(**(text | {"name_or_path": None})).save_config(folder)
    return {
        "hf_model_name": name if _is_public(name) else known_as,
        "hf_model_pretrained": False,
        "hf_tokenizer_name": tokenizer_name if _is_public(tokenizer_name) else known_as,
        "hf_pooler_type": "mean_pooler",
        "hf_proj_type": "linear",
    }


def _is_public(name: str | None) -> bool:
    """Whether a name is one of the Hugging Face Hub, not of a folder that is or was somewhere."""
    is_path = name is not None and (name.startswith(("/", "~", ".")) or Path(name).is_dir())
    return name is not None and not is_path and name.count("/") <= 1
