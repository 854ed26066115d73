"""A Swin by its name, for programs of others: ``iclip.backbone("swin_b", checkpoint=...)``."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from iclip.models.swin.backbone import SwinBackbone

# torchvision's names, and timm's with the window and the image size behind them.
_NAME = re.compile(
    r"swin_(?P<arch>t|s|b|l|tiny|small|base|large)(_patch4_window(?P<window>\d+)_\d+)?"
)
_ARCHS = {"t": "tiny", "s": "small", "b": "base", "l": "large"}
_USUAL_WINDOW = 7


def backbone(
    name: str | Mapping[str, Any],
    checkpoint: str | os.PathLike[str] | None = None,
    out_indices: Sequence[int] | None = None,
    *,
    window_size: int | None = None,
    drop_path_rate: float = 0.1,
    frozen_stages: int = -1,
    with_cp: bool | str = False,
    in_channels: int = 3,
    stem: str = "patch",
) -> SwinBackbone:
    """Build a Swin, and load its weights: all of them, or an error says which do not fit.

    The model is in training mode, as modules are when they are built. Of images, it returns a tuple
    of maps, (B, C, H, W); ``forward_pooled`` averages the last one to (B, C).

    Args:
        name: ``'swin_t'``, ``'swin_s'``, ``'swin_b'`` or ``'swin_l'``; timm's names, such as
            ``'swin_base_patch4_window12_384'``, say the window, too. Or a dict of ``embed_dims``,
            ``depths`` and ``num_heads``.
        checkpoint: File with the weights, in any layout that the hub reads (its own, the original
            Swin's, timm's, OpenMMLab's ...), or ``FILE#PART``. None: random weights.
        out_indices: Stages whose maps are returned, each behind a norm of its own, as detectors
            want them; None: the last one, behind the norm of pre-training.
        window_size: Side of the attention windows, in tokens; None: that of the name, else 7.
        drop_path_rate: Probability that an image skips a branch of the last block in training.
        frozen_stages: -1: train all. 0: freeze the stem. k: also freeze the first k stages.
        with_cp: Activation checkpointing: True, False, or ``'cheap'``.
        in_channels: Channels of the images.
        stem: ``'patch'``, or ``'conv'`` for the hub's micro models.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: The name or a setting is unknown, or the checkpoint does not hold the weights of
            this Swin.
    """
    arch, window = (name, None) if isinstance(name, Mapping) else _sizes(name)
    model = SwinBackbone(
        dict(arch) if isinstance(arch, Mapping) else arch,
        in_channels=in_channels,
        window_size=window_size or window or _USUAL_WINDOW,
        drop_path_rate=drop_path_rate,
        out_indices=out_indices,
        frozen_stages=frozen_stages,
        stem=stem,
        with_cp=with_cp,
        checkpoint=None if checkpoint is None else os.fspath(checkpoint),
    )
    if checkpoint is not None:
        model.init_weights()
    return model


def _sizes(name: str) -> tuple[str, int | None]:
    """Return the architecture and the window that a name says."""
    known = _NAME.fullmatch(name)
    if known is None:
        tag = " (what stands behind the dot names weights: give their file as checkpoint)"
        raise ValueError(
            f"the backbone {name!r} is unknown{tag if '.' in name else ''}; take swin_t, swin_s, "
            "swin_b, swin_l or one of timm's names, such as swin_tiny_patch4_window7_224"
        )
    window = int(known["window"]) if known["window"] else None
    return _ARCHS.get(known["arch"], known["arch"]), window
