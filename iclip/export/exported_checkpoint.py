"""A checkpoint that is exported: its tensors, its backbone, and what its run recorded in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from iclip.checkpoints.backbone_weights import BackboneWeights, find_backbone
from iclip.checkpoints.swin_tensors import BIAS_TABLE, PATCH_KERNEL, POSITION_INDEX
from iclip.checkpoints.weight_files import read_weights
from iclip.models.swin.arch import SwinArch

# timm's names of the original's models, by the hub's name of the sizes and the side of the windows.
_TIMM_NAMES = {
    ("tiny", 7): "swin_tiny_patch4_window7_224",
    ("small", 7): "swin_small_patch4_window7_224",
    ("base", 7): "swin_base_patch4_window7_224",
    ("large", 7): "swin_large_patch4_window7_224",
    ("base", 12): "swin_base_patch4_window12_384",
    ("large", 12): "swin_large_patch4_window12_384",
}

_MAP_NORM = re.compile(r"norm(\d+)\.")


@dataclass(frozen=True)
class ExportedCheckpoint:
    """A checkpoint that is exported.

    Attributes:
        path: The file.
        tensors: All of the file's tensors, by their names in it.
        meta: What :mod:`iclip.engine.saving.checkpoint_meta` wrote about the run, or empty.
        backbone: The Swin in it, by the names of :class:`iclip.models.SwinBackbone`.
        arch: The Swin's sizes.
        window: Side of the Swin's windows in tokens.
        window_frames: Tokens of a window in time; 0: an image backbone.
        choice: A line that says which of the file's parts was taken; empty if it has only one.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    meta: Mapping[str, Any]
    backbone: BackboneWeights
    arch: SwinArch
    window: int
    window_frames: int = 0
    choice: str = ""

    @classmethod
    def read(cls, path: str | Path) -> "ExportedCheckpoint":
        """Read a checkpoint of any layout that holds a Swin.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged, would run code, or holds no Swin in a known layout.
        """
        file = read_weights(path)
        backbone = find_backbone(file.tensors, file.path, file.prefix)
        arch, window = SwinArch.from_weights(backbone.weights)
        frames = 0
        if backbone.is_video:
            frames, window = _video_window(file.tensors)
        return cls(
            file.path, file.tensors, file.meta, backbone, arch, window, frames, file.choice()
        )

    @property
    def has_patch_stem(self) -> bool:
        """Whether the stem is a linear projection of patches, as in all other libraries."""
        return PATCH_KERNEL in self.backbone.weights

    @property
    def patch_size(self) -> int:
        """Height and width of a token in pixels; only with a patch stem."""
        return self.backbone.weights[PATCH_KERNEL].shape[-1]

    @property
    def maps(self) -> tuple[int, ...]:
        """Stages whose maps have norms of their own, as in detectors, segmenters and video models.

        Empty for a backbone of pre-training.
        """
        found = {int(m[1]) for name in self.backbone.weights if (m := _MAP_NORM.match(name))}
        if found and "norm.weight" in self.backbone.weights:  # the last map's, in mmdet's layout
            found.add(len(self.arch.depths) - 1)
        return tuple(sorted(found))

    @property
    def timm_name(self) -> str | None:
        """timm's name of the model with these sizes; None if timm has no such model."""
        if not self.has_patch_stem or self.patch_size != 4:
            return None
        found = (
            name
            for (arch, window), name in _TIMM_NAMES.items()
            if window == self.window and SwinArch.parse(arch) == self.arch
        )
        return next(found, None)


def _video_window(tensors: Mapping[str, Tensor]) -> tuple[int, int]:
    """Find a window's size from the table of relative positions and its index.

    The table has (2 T - 1) * (2 P - 1)**2 rows, the index T * P**2. Without an index, several
    sizes may fit; then 7 x 7 in space is preferred, as in mmaction.

    Returns:
        T, in time, and P, in height and width.
    """
    rows = next(len(t) for name, t in tensors.items() if name.endswith(BIAS_TABLE))
    tokens = next((len(t) for name, t in tensors.items() if name.endswith(POSITION_INDEX)), None)
    for side in (7, *range(1, 65)):  # P; 64 is more than any Swin has
        # rows / (2 P - 1)**2 = 2 T - 1, solved for T; ``fits`` is False if a division has a rest.
        frames, rest = divmod(rows // (2 * side - 1) ** 2 + 1, 2)
        fits = (2 * frames - 1) * (2 * side - 1) ** 2 == rows and not rest
        if fits and tokens in (None, frames * side**2):
            return frames, side
    raise AssertionError(f"a table of {rows} rows fits no window")
