"""What is exported: a file's tensors, its backbone, and what the run said about itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from iclip.checkpoints.backbone_weights import BackboneWeights, find_backbone
from iclip.checkpoints.weight_files import read_weights
from iclip.models.swin_arch import SwinArch

# timm's names of the original's models, by name here and side of the windows.
_TIMM_NAMES = {
    ("tiny", 7): "swin_tiny_patch4_window7_224",
    ("small", 7): "swin_small_patch4_window7_224",
    ("base", 7): "swin_base_patch4_window7_224",
    ("large", 7): "swin_large_patch4_window7_224",
    ("base", 12): "swin_base_patch4_window12_384",
    ("large", 12): "swin_large_patch4_window12_384",
}


@dataclass(frozen=True)
class Source:
    """A checkpoint to export.

    Attributes:
        path: The file.
        tensors: All of its tensors, by their names in it.
        meta: The run's description of itself (:mod:`iclip.engine.run_description`), or empty.
        backbone: The Swin in it, by the names of :class:`iclip.models.SwinBackbone`.
        arch: The Swin's sizes.
        window: Side of its windows in tokens.
        choice: Which of the file's parts were taken, where there are several.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    meta: Mapping[str, Any]
    backbone: BackboneWeights
    arch: SwinArch
    window: int
    choice: str = ""

    @classmethod
    def read(cls, path: str | Path) -> "Source":
        """Read a checkpoint of any layout that holds a Swin.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is damaged, would run code, or holds no Swin in a layout that is known.
        """
        file = read_weights(path)
        backbone = find_backbone(file.tensors, file.path, file.prefix)
        sizes = SwinArch.of_weights(backbone.weights)
        return cls(file.path, file.tensors, file.meta, backbone, *sizes, choice=file.choice())

    @property
    def has_patch_stem(self) -> bool:
        """Whether patches are projected linearly, as in every other library's Swin."""
        return "patch_embed.proj.weight" in self.backbone.weights

    @property
    def patch_size(self) -> int:
        """Pixels that a token stands for; of a patch stem only."""
        return self.backbone.weights["patch_embed.proj.weight"].shape[-1]

    @property
    def timm_name(self) -> str | None:
        """The model in timm that has these sizes; None if timm has none."""
        if not self.has_patch_stem or self.patch_size != 4:
            return None
        found = (
            name
            for (arch, window), name in _TIMM_NAMES.items()
            if window == self.window and SwinArch.parse(arch) == self.arch
        )
        return next(found, None)
