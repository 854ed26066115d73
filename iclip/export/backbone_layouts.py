"""A backbone's weights as a file of another library holds them, and how that library loads it."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from iclip.checkpoints.backbone_weights import PREFIX
from iclip.checkpoints.key_maps import (
    BIAS_TABLE,
    BUFFERS,
    iclip_to_official,
    iclip_to_openmmlab,
)
from iclip.export.source import Source

Weights = dict[str, Tensor]


def backbone_in(layout: str, source: Source) -> tuple[Weights, list[str]]:
    """Map the backbone to ``official`` or ``openmmlab``; ``timm`` and ``open_clip`` have our names.

    The frameworks' Swin classes keep an index of relative positions as a buffer; it is written, so
    that their strict loading finds every key. (The original's masks are not: they follow from the
    image's size.)

    Returns:
        The tensors to write, and the backbone's names that have no place in the layout.

    Raises:
        ValueError: The backbone has a convolutional stem.
    """
    if not source.has_patch_stem:
        raise ValueError(
            f"{source.path}: its backbone has a convolutional stem (stem='conv', as the micro "
            f"models), which the layout {layout!r} cannot hold. Export it with --layout iclip; "
            "iclip.SwinBackbone and iclip.VideoSwinBackbone read that, and the checkpoint itself"
        )
    weights, dropped = _with_norm_of_pretraining(source)
    if layout not in _MAPS:
        return weights, dropped
    indices = {
        name.replace(BIAS_TABLE, BUFFERS[0]): relative_position_index(source.window)
        for name in weights
        if name.endswith(BIAS_TABLE)
    }
    renamed = _MAPS[layout](weights) | _MAPS[layout](indices)
    # mmdet's Swin passes over names without the prefix.
    prefix = PREFIX if layout == "openmmlab" else ""
    return {prefix + name: tensor for name, tensor in renamed.items()}, dropped


def relative_position_index(window: int) -> Tensor:
    """Row of the position table for each pair of tokens of a window: (N, N), N = window**2."""
    rows, columns = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
    place = torch.stack([rows.flatten(), columns.flatten()])
    distance = place[:, :, None] - place[:, None, :] + window - 1
    return distance[0] * (2 * window - 1) + distance[1]


def file_content(layout: str, weights: Weights) -> dict[str, Any]:
    """What ``torch.save`` writes: tensors under the key where the library looks for them."""
    return {"official": {"model": weights}, "openmmlab": {"state_dict": weights}}.get(
        layout, weights
    )


def how_to_load(layout: str, source: Source, file: str) -> str:
    """One line that loads the file with the library's own class: of Python, or of a config."""
    arch = source.arch
    sizes = f"depths={arch.depths}, num_heads={arch.num_heads}"
    if layout == "timm":
        name, own = source.timm_name or "swin_base_patch4_window7_224", ""
        if source.timm_name is None:
            own = f", embed_dim={arch.embed_dims}, {sizes}, window_size={source.window}"
            own += f", patch_size={source.patch_size}"
        return f"timm.create_model({name!r}, num_classes=0{own}, checkpoint_path={file!r})"
    convert = ", convert_weights=True" if layout == "official" else ""
    return (
        f"backbone=dict(type='mmdet.SwinTransformer', embed_dims={arch.embed_dims}, {sizes}, "
        f"window_size={source.window}{convert}, "
        f"init_cfg=dict(type='Pretrained', checkpoint={file!r}))"
    )


def _with_norm_of_pretraining(source: Source) -> tuple[Weights, list[str]]:
    """The last stage's norm under the name it has in pre-training, without those of other maps."""
    last = f"norm{len(source.arch.depths) - 1}."
    weights, dropped = {}, []
    for name, tensor in source.backbone.weights.items():
        if name.startswith(last):
            name = "norm." + name.removeprefix(last)
        elif name.startswith("norm") and not name.startswith("norm."):
            dropped.append(name)
            continue
        weights[name] = tensor
    return weights, dropped


_MAPS: Mapping[str, Callable[[Weights], Weights]] = {
    "official": iclip_to_official,
    "openmmlab": iclip_to_openmmlab,
}
