"""One set of weights, exported to every layout, and loaded as each library's user loads it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import timm
import torch
from mmengine.config import Config
from torch import nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints.swin_tensors import BIAS_TABLE
from iclip.export import export_checkpoint
from iclip.export.export_checkpoint import LAYOUTS
from iclip.export.open_clip_folder import WEIGHTS
from iclip.models import SwinBackbone
from iclip.models.swin.arch import SwinArch
from iclip.registry import MODELS

# Small, because only the maps of images are compared.
TEXT_ENCODER = dict(type="TextTransformer", context_length=16, width=32, heads=4, layers=2)
Arch = str | dict[str, Any]


@dataclass(frozen=True)
class Export:
    """One exported file.

    Attributes:
        layout: One of :data:`iclip.export.export_checkpoint.LAYOUTS`.
        file: The file with the weights.
        arch: Arch of its backbone.
        manifest: The manifest that the export wrote.
    """

    layout: str
    file: Path
    arch: Arch
    manifest: Mapping[str, Any]


def write_checkpoint(arch: Arch, path: Path) -> None:
    """Write a checkpoint as pre-training does, in which every weight changes the maps.

    Linear layers are as at the start of training. Tables of relative positions, norms and biases
    are random instead of zero and one.
    """
    torch.manual_seed(0)
    config = dict(
        type="ICLIP",
        backbone=dict(type="SwinBackbone", arch=arch, drop_path_rate=0.0),
        text_encoder=TEXT_ENCODER,
        embed_dim=64,
    )
    model = MODELS.build(config)
    randomize(model.backbone)
    torch.save({"state_dict": model.state_dict(), "meta": {"model": config}}, path)


def randomize(model: nn.Module) -> None:
    """Draw at random what is zero or one in a new model: tables, norms and biases."""
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if name == BIAS_TABLE:
                nn.init.normal_(parameter, std=0.5)
            elif name == "bias":
                nn.init.normal_(parameter, std=0.1)
            elif isinstance(module, nn.LayerNorm):
                nn.init.normal_(parameter, mean=1.0, std=0.2)


def export_all(
    checkpoint: Path, arch: Arch, folder: Path, layouts: Sequence[str] = LAYOUTS
) -> dict[str, Export]:
    """Export a checkpoint in each layout into a folder."""
    exports = {}
    for layout in layouts:
        out = folder / (layout if layout == "open_clip" else f"{layout}.pth")
        manifest = export_checkpoint(checkpoint, layout, out)
        file = out / WEIGHTS if layout == "open_clip" else out
        exports[layout] = Export(layout, file, arch, manifest)
    return exports


def load_ours(export: Export, maps: Sequence[int] = (3,)) -> nn.Module:
    """Load a file as the config's key ``checkpoint`` does."""
    model = SwinBackbone(
        arch=export.arch, drop_path_rate=0.0, out_indices=maps, checkpoint=str(export.file),
        allow_missing=_new_norms(maps),
    )  # fmt: skip
    model.init_weights()
    return model


def _new_norms(maps: Sequence[int]) -> list[str]:
    """Name the norms that no checkpoint of pre-training has: those of all maps but the last."""
    return [f"norm{i}." for i in maps if i != 3]


def load_our_video(export: Export, maps: Sequence[int] = (3,)) -> nn.Module:
    """Load a file as the same key of the video backbone does."""
    from iclip.openmmlab.video.swin import VideoSwinBackbone

    model = VideoSwinBackbone(
        arch=export.arch, drop_path_rate=0.0, out_indices=maps, checkpoint=str(export.file),
        allow_missing=_new_norms(maps), out_after_downsample=False,
    )  # fmt: skip
    model.init_weights()
    return model


def load_mmdet(export: Export, maps: Sequence[int] = (3,)) -> nn.Module:
    """Load a file as a config of mmdet does that has the manifest's line."""
    from mmdet.models.backbones.swin import SwinTransformer

    return _load_by_config(SwinTransformer, export, maps)


def load_mmseg(export: Export, maps: Sequence[int] = (3,)) -> nn.Module:
    """Load a file as a config of mmseg does that has the manifest's line."""
    from mmseg.models.backbones.swin import SwinTransformer

    return _load_by_config(SwinTransformer, export, maps)


def load_mmaction(export: Export, maps: Sequence[int] = (3,)) -> nn.Module:
    """Load and inflate an original file as mmaction's configs of Video Swin do."""
    from mmaction.models.backbones.swin import SwinTransformer3D

    sizes = SwinArch.parse(export.arch)
    model = SwinTransformer3D(
        arch=dict(embed_dims=sizes.embed_dims, depths=list(sizes.depths),
                  num_heads=list(sizes.num_heads)),
        pretrained=str(export.file), pretrained2d=True, drop_path_rate=0.0, out_indices=tuple(maps),
        out_after_downsample=False,
    )  # fmt: skip
    model.init_weights()
    return model


def load_timm(export: Export, maps: Sequence[int] = (3,)) -> nn.Module:
    """Load a file by ``timm.create_model`` as the manifest says."""
    call = export.manifest["load_with"].replace(f"'{export.file.name}'", repr(str(export.file)))
    return eval(call, {"timm": timm})  # a line of the manifest that the hub has just written


def load_open_clip(export: Export, maps: Sequence[int] = (3,)) -> nn.Module:
    """Load a folder by ``open_clip.create_model_and_transforms``."""
    return open_clip.create_model_and_transforms(f"local-dir:{export.file.parent}")[0]


Loader = Callable[[Export, Sequence[int]], nn.Module]
OURS: dict[str, Loader] = {
    "iclip.SwinBackbone": load_ours,
    "iclip.VideoSwinBackbone": load_our_video,
}
LOADERS: dict[str, dict[str, Loader]] = {
    "iclip": OURS,
    "official": OURS
    | {"mmdet.SwinTransformer": load_mmdet, "mmaction.SwinTransformer3D": load_mmaction},
    "openmmlab": OURS | {"mmdet.SwinTransformer": load_mmdet, "mmseg.SwinTransformer": load_mmseg},
    "timm": OURS | {"timm.create_model": load_timm},
    "open_clip": OURS | {"open_clip.create_model_and_transforms": load_open_clip},
}
"""What loads each layout. mmseg takes no original file, mmaction nothing else."""


def _load_by_config(cls: type[nn.Module], export: Export, maps: Sequence[int]) -> nn.Module:
    """Build a backbone as a config with the manifest's line does, and load the file."""
    settings = Config.fromstring(export.manifest["load_with"], ".py").backbone.to_dict()
    settings.pop("type")
    settings["init_cfg"] = Config(settings["init_cfg"] | {"checkpoint": str(export.file)})
    model: Any = cls(**settings, drop_path_rate=0.0, out_indices=tuple(maps))
    model.init_weights()
    return model
