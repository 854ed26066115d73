"""A Swin backbone's weights out of any file that holds some."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from iclip.checkpoints.key_maps import BUFFERS, official_to_iclip, openmmlab_to_iclip
from iclip.checkpoints.safe_loading import read_safely

# Parts of a classifier's checkpoint that no backbone has.
HEADS = ("head.",)


@dataclass(frozen=True)
class BackboneWeights:
    """What a file holds of a backbone.

    Attributes:
        weights: By the names of :class:`iclip.models.SwinBackbone`.
        layout: ``iclip``, ``timm``, ``official`` or ``openmmlab``.
        other: Names in the file that belong to no backbone: text tower, projections, classifier.
    """

    weights: Mapping[str, Tensor]
    layout: str
    other: tuple[str, ...]


def read_backbone(path: str | Path) -> BackboneWeights:
    """Read a Swin backbone out of any file that holds one.

    A checkpoint of pre-training or of a downstream task, an exported file,
    an official Swin file or a timm state dict; ``.safetensors``, or what ``torch.save`` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, would run code, or holds no Swin in a layout that is known.
    """
    path = Path(path)
    state = load_file(path) if path.suffix == ".safetensors" and path.is_file() else None
    tensors = _tensors(read_safely(path) if state is None else state)
    inside = {name: t for name, t in tensors.items() if name.startswith("backbone.")}
    other = tuple(name for name in tensors if inside and name not in inside)
    if inside:
        tensors = {name.removeprefix("backbone."): tensor for name, tensor in inside.items()}
    other += tuple(name for name in tensors if name.startswith(HEADS))
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(HEADS)}
    layout = _layout(tensors, is_part=bool(inside))
    if layout is None:
        raise ValueError(
            f"{path} holds no Swin backbone in a known layout (iclip, timm, official, openmmlab): "
            f"it begins with {', '.join(list(tensors)[:4]) or 'no tensor at all'}"
        )
    if layout == "official":
        tensors = official_to_iclip(tensors)
    elif layout == "openmmlab":
        tensors = openmmlab_to_iclip(tensors)
    else:
        tensors = {name: t for name, t in tensors.items() if not name.endswith(BUFFERS)}
    return BackboneWeights(tensors, layout, other)


def _tensors(content: object) -> dict[str, Tensor]:
    """The tensors of a file, also where they lie under ``state_dict`` or ``model``."""
    for key in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        return {}
    return {name: tensor for name, tensor in content.items() if isinstance(tensor, Tensor)}


def _layout(names: Mapping[str, Tensor], is_part: bool) -> str | None:
    """Tell the layouts apart by where the first merging of tokens is."""
    if "stages.0.blocks.0.attn.w_msa.qkv.weight" in names:
        return "openmmlab"
    if "layers.0.blocks.0.attn.qkv.weight" not in names:
        return None
    if "layers.0.downsample.reduction.weight" in names:
        return "official"
    return "iclip" if is_part else "timm"
