"""A backbone's weights as a file of another library holds them, and how that library loads it."""

import re
from collections.abc import Sequence
from typing import Any

from timm.models.swin_transformer import get_relative_position_index
from torch import Tensor

from iclip.checkpoints.swin_layouts import SWIN_LAYOUTS, name_last_norm, to_layout
from iclip.checkpoints.swin_tensors import BIAS_TABLE, POSITION_INDEX, Weights
from iclip.export.exported_checkpoint import ExportedCheckpoint

# The layouts of OpenMMLab's classes, which can have a norm for each map.
_FOR_FRAMEWORKS = ("official", "openmmlab")
_MAP_NORM = re.compile(r"norm\d+\.")


def backbone_in(
    layout: str, checkpoint: ExportedCheckpoint, leave_out: Sequence[str] = ()
) -> tuple[dict[str, Tensor], list[str]]:
    """Map the backbone to a layout; a weight without a place there must be named to be left out.

    ``openmmlab`` and, for a detector's or segmenter's backbone, ``official`` have norms for all
    maps; ``timm`` and ``open_clip`` have one norm, behind the last stage. A video backbone has only
    the names of ``official``, for mmaction's class.

    The frameworks' Swin classes keep an index of relative positions as a buffer; it is written, so
    that their strict loading finds every key. (The original's masks are not: they follow from the
    image's size.)

    Args:
        layout: ``official``, ``openmmlab``, ``timm`` or ``open_clip``.
        checkpoint: What is exported.
        leave_out: Prefixes of the backbone's names that need no place in the layout.

    Returns:
        The tensors to write, and the backbone's names that were left out.

    Raises:
        ValueError: The backbone has a convolutional stem, is a video's, or has weights that have no
            place in the layout and are not to be left out.
    """
    if not checkpoint.has_patch_stem:
        raise ValueError(
            f"{checkpoint.path}: its backbone has a convolutional stem (stem='conv', as the micro "
            f"models), which the layout {layout!r} cannot hold. Export it with --layout iclip; "
            "iclip.SwinBackbone and iclip.VideoSwinBackbone read that, and the checkpoint itself"
        )
    if checkpoint.backbone.is_video:
        return _video_in(layout, checkpoint), []
    weights, left_out = _without(leave_out, checkpoint)
    # With the norms of other maps, the last map's is called norm<last>; alone, ``norm``.
    last = len(checkpoint.arch.depths) - 1
    others = [n for n in weights if _MAP_NORM.match(n) and not n.startswith(f"norm{last}.")]
    weights = name_last_norm(weights, last, numbered=bool(others))
    if layout not in _FOR_FRAMEWORKS:
        _check_one_norm(weights, layout, checkpoint)
        return weights, left_out
    side = checkpoint.window
    indices = {
        name.replace(BIAS_TABLE, POSITION_INDEX): get_relative_position_index(side, side)
        for name in weights
        if name.endswith(BIAS_TABLE)
    }
    renamed = to_layout(weights, layout) | to_layout(indices, layout)
    # mmdet's Swin ignores names without the prefix.
    prefix = SWIN_LAYOUTS[layout].prefix
    return {prefix + name: tensor for name, tensor in renamed.items()}, left_out


def file_content(layout: str, weights: Weights, is_video: bool = False) -> dict[str, Any]:
    """Return what ``torch.save`` writes: tensors under the key where the library looks for them."""
    key = SWIN_LAYOUTS["mmaction" if is_video else layout].file_key
    return {key: weights} if key else dict(weights)


def _without(
    leave_out: Sequence[str], checkpoint: ExportedCheckpoint
) -> tuple[dict[str, Tensor], list[str]]:
    """Leave out those norms of maps that ``leave_out`` names.

    The last map's norm and all other weights stay: without one of them, no library would load the
    export.

    Returns:
        The weights that stay, and the names of the others.
    """
    norms = tuple(f"norm{i}." for i in checkpoint.maps[:-1])
    weights = checkpoint.backbone.weights
    left_out = [n for n in weights if n.startswith(norms) and n.startswith(tuple(leave_out))]
    return {name: tensor for name, tensor in weights.items() if name not in left_out}, left_out


def _video_in(layout: str, checkpoint: ExportedCheckpoint) -> dict[str, Tensor]:
    """Map a video backbone to the names of mmaction's class, with the indices that it keeps."""
    if layout != "official":
        raise ValueError(
            f"{checkpoint.path} holds a video backbone, whose patches and windows have a third "
            f"side; the layout {layout!r} is of image models. Take --layout official, for "
            "mmaction's SwinTransformer3D, or iclip"
        )
    prefix = checkpoint.backbone.prefix
    indices = {
        name.removeprefix(prefix): tensor
        for name, tensor in checkpoint.tensors.items()
        if name.startswith(prefix) and name.endswith(POSITION_INDEX)
    }
    return to_layout(checkpoint.backbone.weights, "mmaction") | indices


def _check_one_norm(weights: Weights, layout: str, checkpoint: ExportedCheckpoint) -> None:
    """Raise ValueError if the norms of several maps are to go to a layout with one norm."""
    if any(map(_MAP_NORM.match, weights)):
        raise ValueError(
            f"{checkpoint.path}: its backbone is a detector's or segmenter's and has norms of the "
            f"maps {', '.join(map(str, checkpoint.maps))}; the layout {layout!r} has one norm, "
            "behind the last map. Take --layout openmmlab, official or iclip, which hold them all, "
            "or leave out the other maps' norms with --leave-out "
            + " ".join(f"norm{i}" for i in checkpoint.maps[:-1])
        )
