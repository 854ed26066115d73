"""A backbone's weights as a file of another library holds them, and how that library loads it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from iclip.checkpoints.backbone_weights import PREFIX
from iclip.checkpoints.key_maps import (
    BIAS_TABLE,
    BUFFERS,
    PATCH_KERNEL,
    iclip_to_official,
    iclip_to_openmmlab,
)
from iclip.export.source import Source

Weights = dict[str, Tensor]


def backbone_in(
    layout: str, source: Source, leave_out: Sequence[str] = ()
) -> tuple[Weights, list[str]]:
    """Map the backbone to a layout, complete: every weight has a place there, or is named.

    ``openmmlab`` and, for a detector's or segmenter's backbone, ``official`` have norms for all
    maps; ``timm`` and ``open_clip`` one norm, behind the last stage. A video backbone has the names
    of ``official`` for mmaction's class alone.

    The frameworks' Swin classes keep an index of relative positions as a buffer; it is written, so
    that their strict loading finds every key. (The original's masks are not: they follow from the
    image's size.)

    Args:
        layout: ``official``, ``openmmlab``, ``timm`` or ``open_clip``.
        source: The checkpoint.
        leave_out: Beginnings of the backbone's names that may have no place in the layout.

    Returns:
        The tensors to write, and the backbone's names that were left out.

    Raises:
        ValueError: The backbone has a convolutional stem, is a video's, or has weights that have no
            place in the layout and are not to be left out.
    """
    if not source.has_patch_stem:
        raise ValueError(
            f"{source.path}: its backbone has a convolutional stem (stem='conv', as the micro "
            f"models), which the layout {layout!r} cannot hold. Export it with --layout iclip; "
            "iclip.SwinBackbone and iclip.VideoSwinBackbone read that, and the checkpoint itself"
        )
    if source.backbone.is_video:
        return _video_in(layout, source), []
    norms = [f"norm{i}." for i in source.maps[:-1]]
    left_out = [
        name
        for name in source.backbone.weights
        if name.startswith(tuple(norms)) and name.startswith(tuple(leave_out))
    ]
    weights = {n: t for n, t in source.backbone.weights.items() if n not in left_out}
    weights = _with_last_norm(weights, len(source.arch.depths) - 1)
    if layout not in _MAPS:
        _check_norms(weights, layout, source)
        return weights, left_out
    indices = {
        name.replace(BIAS_TABLE, BUFFERS[0]): relative_position_index(source.window)
        for name in weights
        if name.endswith(BIAS_TABLE)
    }
    renamed = _MAPS[layout](weights) | _MAPS[layout](indices)
    # mmdet's Swin passes over names without the prefix.
    prefix = PREFIX if layout == "openmmlab" else ""
    return {prefix + name: tensor for name, tensor in renamed.items()}, left_out


def relative_position_index(window: int) -> Tensor:
    """Row of the position table for each pair of tokens of a window: (N, N), N = window**2."""
    rows, columns = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
    place = torch.stack([rows.flatten(), columns.flatten()])
    distance = place[:, :, None] - place[:, None, :] + window - 1
    return distance[0] * (2 * window - 1) + distance[1]


def file_content(layout: str, weights: Weights, is_video: bool = False) -> dict[str, Any]:
    """What ``torch.save`` writes: tensors under the key where the library looks for them."""
    key = {"official": "state_dict" if is_video else "model", "openmmlab": "state_dict"}.get(layout)
    return weights if key is None else {key: weights}


def how_to_load(layout: str, source: Source, file: str) -> str:
    """One line that loads the file with the library's own class: of Python, or of a config."""
    if layout == "iclip":
        name = "VideoSwinBackbone" if source.backbone.is_video else "SwinBackbone"
        return f"iclip.{name}(..., checkpoint={file!r})"
    if source.backbone.is_video:
        return _how_to_load_video(source, file)
    arch = source.arch
    sizes = f"depths={arch.depths}, num_heads={arch.num_heads}"
    if layout == "timm":
        name, own = source.timm_name or "swin_base_patch4_window7_224", ""
        if source.timm_name is None:
            own = f", embed_dim={arch.embed_dims}, {sizes}, window_size={source.window}"
            own += f", patch_size={source.patch_size}"
        return f"timm.create_model({name!r}, num_classes=0{own}, checkpoint_path={file!r})"
    convert = ", convert_weights=True" if layout == "official" else ""
    maps = source.maps or tuple(range(len(arch.depths)))
    outputs = "" if maps == (0, 1, 2, 3) else f", out_indices={maps}"
    return (
        f"backbone=dict(type='mmdet.SwinTransformer', embed_dims={arch.embed_dims}, {sizes}, "
        f"window_size={source.window}{convert}{outputs}, "
        f"init_cfg=dict(type='Pretrained', checkpoint={file!r}))"
    )


def notes_on(layout: str, source: Source) -> list[str]:
    """Say what the class of OpenMMLab's has and a checkpoint of pre-training lacks, or has more."""
    if source.maps or layout not in _MAPS:
        return []
    last = len(source.arch.depths) - 1
    new = ", ".join(f"norm{i}" for i in range(last))
    if layout == "openmmlab":
        return [f"new in the class: {new}, norms of maps; a checkpoint of pre-training has none"]
    return [
        f"mmdet's class passes over norm.weight and norm.bias and has {new}, norm{last} new; "
        f"--layout openmmlab gives it norm{last}. mmaction's inflation takes them"
    ]


def _how_to_load_video(source: Source, file: str) -> str:
    arch, patch = source.arch, source.patch_size
    kernel = source.backbone.weights[PATCH_KERNEL].shape[2:]
    sizes = f"depths={list(arch.depths)}, num_heads={list(arch.num_heads)}"
    return (
        f"backbone=dict(type='mmaction.SwinTransformer3D', arch=dict(embed_dims={arch.embed_dims}, "
        f"{sizes}), patch_size={(kernel[0], patch, patch)}, "
        f"window_size={(source.window_frames, source.window, source.window)}, "
        f"out_indices={source.maps}, pretrained={file!r}, pretrained2d=False)"
    )


def _video_in(layout: str, source: Source) -> Weights:
    """A video backbone by the names of mmaction's class, with the indices that it keeps."""
    if layout != "official":
        raise ValueError(
            f"{source.path} holds a video backbone, whose patches and windows have a third side; "
            f"the layout {layout!r} is of image models. Take --layout official, for mmaction's "
            "SwinTransformer3D, or iclip"
        )
    prefix = source.backbone.prefix
    indices = {
        name.removeprefix(prefix): tensor
        for name, tensor in source.tensors.items()
        if name.startswith(prefix) and name.endswith(BUFFERS[0])
    }
    return iclip_to_official(source.backbone.weights) | indices


def _with_last_norm(weights: Mapping[str, Tensor], last: int) -> Weights:
    """Name the norm of the last stage: as that of pre-training, where no other map has one."""
    given, wanted = f"norm{last}.", "norm."
    if any(_MAP_NORM.match(name) and not name.startswith(given) for name in weights):
        given, wanted = wanted, given
    return {
        wanted + name.removeprefix(given) if name.startswith(given) else name: tensor
        for name, tensor in weights.items()
    }


def _check_norms(weights: Weights, layout: str, source: Source) -> None:
    """Raise where a layout with one norm is to hold those of several maps."""
    homeless = [name for name in weights if _MAP_NORM.match(name)]
    norms = [f"norm{i}" for i in source.maps[:-1]]
    if homeless:
        raise ValueError(
            f"{source.path}: its backbone is a detector's or segmenter's and has norms of the maps "
            f"{', '.join(map(str, source.maps))}; the layout {layout!r} has one norm, behind the "
            "last map. Take --layout openmmlab, official or iclip, which hold them all, or give up "
            f"the other maps with --leave-out {' '.join(norms)}"
        )


_MAP_NORM = re.compile(r"norm\d+\.")
_MAPS: Mapping[str, Callable[[Weights], Weights]] = {
    "official": iclip_to_official,
    "openmmlab": iclip_to_openmmlab,
}
