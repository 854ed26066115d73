"""The image tower as a model of timm: what ``timm.create_model('local-dir:FOLDER')`` reads.

transformers' ``AutoModel`` and ``AutoModelForImageClassification`` read the same two files.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from iclip.export.backbone_layouts import backbone_in
from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.models import BatchPreprocessor

CONFIG = "config.json"
WEIGHTS = "model.safetensors"

# The hub's linear classifier behind the pooled features, and timm's name of it.
_CLASSIFIER, _HEAD = "classifier.", "head.fc."
# Any Swin of timm, whose sizes `model_args` replace.
_ANY_SWIN = "swin_base_patch4_window7_224"


def timm_weights(checkpoint: ExportedCheckpoint) -> dict[str, Tensor]:
    """Map the backbone, and a linear classifier if there is one, to timm's names.

    Raises:
        ValueError: timm's class cannot hold the backbone.
    """
    weights, _ = backbone_in("timm", checkpoint)
    return weights | {
        _HEAD + name: checkpoint.tensors[_CLASSIFIER + name]
        for name in ("weight", "bias")
        if _is_linear(checkpoint)
    }


def timm_config(
    checkpoint: ExportedCheckpoint,
    model: Mapping[str, Any],
    image_size: int,
    resize: int,
    classes: Sequence[str] | None,
) -> dict[str, Any]:
    """Return timm's part of ``config.json``.

    Args:
        checkpoint: What is exported.
        model: The run's ``model`` config.
        image_size: Side of the images that the model is evaluated on, in pixels.
        resize: Their short side before the center is cut out.
        classes: Names of the classes of a linear classifier, in the order of labels.
    """
    pixels = pixels_of(model)
    num_classes = len(checkpoint.tensors[f"{_CLASSIFIER}bias"]) if _is_linear(checkpoint) else 0
    arch = checkpoint.arch
    args: dict[str, Any] = {"img_size": image_size}
    if checkpoint.timm_name is None:
        args |= {
            "embed_dim": arch.embed_dims,
            "depths": list(arch.depths),
            "num_heads": list(arch.num_heads),
            "window_size": checkpoint.window,
            "patch_size": checkpoint.patch_size,
        }
    labels = {"label_names": list(classes)} if num_classes and classes else {}
    return {
        "architecture": checkpoint.timm_name or _ANY_SWIN,
        "num_classes": num_classes,
        "num_features": arch.embed_dims << (len(arch.depths) - 1),
        "global_pool": "avg",
        **labels,
        "model_args": args,
        "pretrained_cfg": {
            "input_size": [3, image_size, image_size],
            "fixed_input_size": True,
            "interpolation": "bicubic",
            "crop_pct": image_size / resize,
            "crop_mode": "center",
            **pixels,
            "num_classes": num_classes,
            "first_conv": "patch_embed.proj",
            "classifier": "head.fc",
        },
    }


def pixels_of(model: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return ``mean`` and ``std`` of a run's pixels, for libraries that count them from 0 to 1."""
    preprocessor = dict(model.get("data_preprocessor") or {})
    preprocessor.pop("type", None)
    pixels = BatchPreprocessor(**preprocessor)  # in 0..255
    return {
        "mean": (pixels.mean.flatten().double() / 255).tolist(),
        "std": (pixels.std.flatten().double() / 255).tolist(),
    }


def _is_linear(checkpoint: ExportedCheckpoint) -> bool:
    return {f"{_CLASSIFIER}weight", f"{_CLASSIFIER}bias"} <= checkpoint.tensors.keys()
