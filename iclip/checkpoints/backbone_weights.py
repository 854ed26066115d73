"""Find the weights of a Swin backbone in a file, and load them completely."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mmengine.logging import print_log
from torch import Tensor, nn

from iclip.checkpoints.safe_loading import load_model_weights
from iclip.checkpoints.swin_layouts import (
    READ_LAYOUTS,
    SWIN_LAYOUTS,
    TRANSFORMERS_MAP_NORMS,
    from_layout,
)
from iclip.checkpoints.swin_tensors import PATCH_KERNEL
from iclip.checkpoints.weight_files import read_weights
from iclip.messages import listing

# Names with the backbone's prefix that are not its own: a classifier's, and the token of masked
# pre-training.
_BESIDE = ("head.", "mask_token", "embeddings.mask_token")
# Modules that torch and fairscale wrap around others. They add these parts to names, at any depth.
_WRAPPERS = re.compile(
    r"(?<![^.])(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_fpw_module|module)\."
)
# Per family of layouts, the name of the first attention's weight, behind any prefix (group 1).
_FIRST_ATTENTION = {
    name: re.compile(rf"((?:.*\.)?)(?:{'|'.join(layout.first_attention)})")
    for name, layout in SWIN_LAYOUTS.items()
    if layout.first_attention
}
# Parts of names that only Swin V2 has: of the network that computes its position biases.
_VERSION_2 = ("cpb_mlp", "continuous_position_bias_mlp")


@dataclass(frozen=True)
class BackboneWeights:
    """The backbone that a file holds.

    Attributes:
        weights: Its tensors, by the names of :class:`iclip.models.SwinBackbone`.
        layout: The file's layout, one of :data:`~iclip.checkpoints.swin_layouts.READ_LAYOUTS`.
        other: Names of the file's other tensors: text tower, projections, classifier.
        prefix: What the backbone's names in the file begin with.
    """

    weights: Mapping[str, Tensor]
    layout: str
    other: tuple[str, ...]
    prefix: str = ""

    @property
    def is_video(self) -> bool:
        """Whether it is a Video Swin, whose patches and windows also extend over time."""
        # C_out, C_in, t, h, w instead of C_out, C_in, h, w
        return PATCH_KERNEL in self.weights and self.weights[PATCH_KERNEL].dim() == 5


def read_backbone(path: str | Path) -> BackboneWeights:
    """Read a Swin backbone from any file that holds one, and log which part was taken.

    The file may be a checkpoint of pre-training or of a downstream task, an export, or a file of
    the original Swin, UniCL, timm, torchvision, transformers or detectron2. It may hold more than
    weights, as a training's files do.
    :func:`~iclip.checkpoints.weight_files.read_weights` lists the formats.

    Args:
        path: The file, ``FILE#PART`` or ``FILE#PREFIX``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, was made to run code, or holds no Swin in a known layout.
    """
    file = read_weights(path)
    if file.choice():
        print_log(file.choice(), logger="current")
    return find_backbone(file.tensors, file.path, file.prefix)


def find_backbone(
    tensors: Mapping[str, Tensor], path: str | Path, beginning: str = ""
) -> BackboneWeights:
    """Find the backbone's weights among a file's tensors.

    Args:
        tensors: The file's tensors by name.
        path: The file, for the message.
        beginning: What the wanted backbone's names begin with, where there are several backbones.

    Raises:
        ValueError: There is no Swin in a known layout, or there are several.
    """
    bare = {_WRAPPERS.sub("", name): tensor for name, tensor in tensors.items()}
    if len(bare) == len(tensors):  # else the file holds a network twice, bare and wrapped
        tensors = bare
    prefix, layout = _find_prefix(tensors, path, beginning)
    if layout == "transformers":
        tensors = _with_map_norms(tensors, prefix)
    other = tuple(name for name in tensors if not name.startswith(prefix))
    own = {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
    other += tuple(prefix + name for name in own if name.startswith(_BESIDE))
    own = {name: tensor for name, tensor in own.items() if not name.startswith(_BESIDE)}
    if layout == "timm":
        # timm's feature extractor names the stages layers_0, layers_1, ...
        own = {re.sub(r"^layers_(\d+)\.", r"layers.\1.", name): t for name, t in own.items()}
        layout = _timm_or_official(own, prefix)
    return BackboneWeights(from_layout(own, layout), layout, other, prefix)


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
        weights: Tensors by the model's names.
        origin: The value of ``model.backbone.checkpoint``.
        allow_missing: Prefixes of names that the weights may lack.
        allow_left_over: Prefixes of names that the model may lack.

    Raises:
        ValueError: A weight is missing, left over or of another shape, and that is not allowed.
    """
    try:
        report = load_model_weights(
            model, weights, allow_missing=allow_missing, allow_left_over=allow_left_over
        )
    except ValueError as error:
        raise ValueError(
            f"model.backbone.checkpoint={origin}: {error}\n  To allow it, list prefixes of names "
            "in model.backbone.allow_missing or allow_left_over"
        ) from error
    print_log(f"{origin}: {report.summary()}\n{report.details()}", logger="current")


def _find_prefix(
    tensors: Mapping[str, Tensor], path: str | Path, beginning: str
) -> tuple[str, str]:
    """Find what the backbone's names begin with, and the family of its layout."""
    found: dict[str, str] = {}  # by prefix
    beginning = _WRAPPERS.sub("", f"{beginning}.") if beginning else ""
    for name in tensors:
        for layout, pattern in _FIRST_ATTENTION.items():
            match = pattern.fullmatch(name)
            if match is not None and match[1].startswith(beginning):
                found[match[1]] = layout
    version_2 = next((n for n in tensors if any(part in n for part in _VERSION_2)), None)
    if version_2 is not None:
        raise ValueError(
            f"{path} holds a Swin V2 ({version_2}); the hub's backbone is the first version. "
            "Take a file of the first version"
        )
    if not found:
        raise ValueError(
            f"{path} holds no Swin backbone in a known layout ({', '.join(READ_LAYOUTS)}): it "
            f"begins with {listing(list(tensors), 4) or 'no tensor at all'}"
        )
    if len(found) > 1:
        named = [prefix.rstrip(".") for prefix in found if prefix]
        raise ValueError(
            f"{path} holds {len(found)} Swin backbones, whose names begin with "
            f"{listing([prefix or '(nothing)' for prefix in found])}. Say which one is meant: "
            f"{path}#{named[0]}"
        )
    return next(iter(found.items()))


def _with_map_norms(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Move the norms of a backbone's maps into it; transformers keeps them beside the model."""
    # Their names have the model's prefix without its last part: "" beside "swin.encoder...".
    beside = re.sub(r"[^.]*\.$", "", prefix) + TRANSFORMERS_MAP_NORMS
    inside = prefix + TRANSFORMERS_MAP_NORMS
    return {
        inside + name.removeprefix(beside) if name.startswith(beside) else name: tensor
        for name, tensor in tensors.items()
    }


def _timm_or_official(names: Mapping[str, Tensor], prefix: str) -> str:
    """Tell apart the layouts with timm's block names, by the first merging and the prefix."""
    if "layers.0.downsample.reduction.weight" in names:
        return "official"
    with_prefix = (name for name in ("iclip", "open_clip") if SWIN_LAYOUTS[name].prefix == prefix)
    return next(with_prefix, "timm")
