"""A Swin backbone's weights out of any file that holds some."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from iclip.checkpoints.key_maps import BUFFERS, official_to_iclip, openmmlab_to_iclip
from iclip.checkpoints.safe_loading import load_model_weights, read_safely

# Under which a whole model keeps its backbone: here and in OpenMMLab's, and in open_clip's.
PREFIX = "backbone."
TRUNK = "visual.trunk."
# Parts of a classifier's checkpoint that no backbone has.
HEADS = ("head.",)


@dataclass(frozen=True)
class BackboneWeights:
    """What a file holds of a backbone.

    Attributes:
        weights: By the names of :class:`iclip.models.SwinBackbone`.
        layout: ``iclip``, ``timm``, ``official``, ``openmmlab`` or ``open_clip``.
        other: Names in the file that belong to no backbone: text tower, projections, classifier.
    """

    weights: Mapping[str, Tensor]
    layout: str
    other: tuple[str, ...]


def read_backbone(path: str | Path) -> BackboneWeights:
    """Read a Swin backbone out of any file that holds one.

    A checkpoint of pre-training or of a downstream task, an exported file (of open_clip's folder
    the one with the weights), an official Swin file or a timm state dict; ``.safetensors``, or what
    ``torch.save`` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, would run code, or holds no Swin in a layout that is known.
    """
    return find_backbone(read_tensors(path)[0], path)


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """Read a file's tensors, also where they lie under ``state_dict`` or ``model``.

    Returns:
        The tensors by name, and the file's ``meta`` if it is a training checkpoint, else ``{}``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged or would run code.
    """
    path = Path(path)
    if path.suffix == ".safetensors" and path.is_file():
        try:
            return load_file(path), {}
        except SafetensorError as error:
            raise ValueError(f"{path} is truncated or damaged: {error}") from error
    content: object = read_safely(path)
    meta = content.get("meta") if isinstance(content, Mapping) else None
    for key in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    tensors = content if isinstance(content, Mapping) else {}
    return (
        {name: tensor for name, tensor in tensors.items() if isinstance(tensor, Tensor)},
        meta if isinstance(meta, Mapping) else {},
    )


def find_backbone(tensors: Mapping[str, Tensor], path: str | Path) -> BackboneWeights:
    """Pick the backbone's weights out of a file's tensors.

    Args:
        tensors: By name.
        path: The file they are from, for the message.

    Raises:
        ValueError: There is no Swin in a layout that is known.
    """
    prefix = next((p for p in (PREFIX, TRUNK) if any(n.startswith(p) for n in tensors)), "")
    other = tuple(name for name in tensors if not name.startswith(prefix))
    tensors = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
    other += tuple(name for name in tensors if name.startswith(HEADS))
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(HEADS)}
    layout = _layout(tensors, prefix)
    if layout is None:
        raise ValueError(
            f"{path} holds no Swin backbone in a known layout (iclip, timm, official, openmmlab, "
            f"open_clip): it begins with {', '.join(list(tensors)[:4]) or 'no tensor at all'}"
        )
    if layout == "official":
        tensors = official_to_iclip(tensors)
    elif layout == "openmmlab":
        tensors = openmmlab_to_iclip(tensors)
    else:
        tensors = {name: t for name, t in tensors.items() if not name.endswith(BUFFERS)}
    return BackboneWeights(tensors, layout, other)


def load_backbone(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    origin: str,
    *,
    allow_missing: Iterable[str] = (),
    allow_left_over: Iterable[str] = (),
) -> None:
    """Load a backbone's weights completely and log the report, or stop.

    Args:
        model: The backbone of a config's ``model``.
        weights: By the model's names.
        origin: The value of ``model.backbone.checkpoint``.
        allow_missing: Prefixes of names that the weights may lack.
        allow_left_over: Prefixes of names that the model need not have.

    Raises:
        ValueError: A weight is missing, left over or of another shape, and not allowed to be.
    """
    try:
        report = load_model_weights(
            model, weights, allow_missing=allow_missing, allow_left_over=allow_left_over
        )
    except ValueError as error:
        raise ValueError(
            f"model.backbone.checkpoint={origin}: {error}\n  What may be missing or left over is "
            "named by model.backbone.allow_missing and allow_left_over (prefixes of names)"
        ) from error
    print_log(f"{origin}: {report.summary()}\n{report.details()}", logger="current")


def _layout(names: Mapping[str, Tensor], prefix: str) -> str | None:
    """Tell the layouts apart by where the first merging of tokens is."""
    if "stages.0.blocks.0.attn.w_msa.qkv.weight" in names:
        return "openmmlab"
    if "layers.0.blocks.0.attn.qkv.weight" not in names:
        return None
    if "layers.0.downsample.reduction.weight" in names:
        return "official"
    return {PREFIX: "iclip", TRUNK: "open_clip"}.get(prefix, "timm")
