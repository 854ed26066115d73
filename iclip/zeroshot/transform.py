"""What happens to a picture before a model sees it: the resize and crop of validation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode, functional

from iclip.models.data_preprocessor import BatchPreprocessor

# Sides of the images that networks of full size are trained with start here; validation resizes
# their short side to 256 where it cuts out 224 (arXiv:2103.14030's code, and configs/_base_).
_FULL_SIZE = 224
_FULL_RESIZE = 256


@dataclass(frozen=True)
class EvaluationTransform:
    """Resize the short side (bicubic), cut out the center, normalize: (3, size, size).

    The pixels are those of ``iclip.ResizeCenterCrop``, torchvision's and open_clip's.

    Attributes:
        size: Side of the result in pixels.
        resize: Short side before the cut.
        mean: Of each channel, of values in 0..1.
        std: Likewise.
    """

    size: int
    resize: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, size: int, resize: int, pixels: BatchPreprocessor) -> "EvaluationTransform":
        """The transform that normalizes as a model's preprocessor does."""
        mean, std = ((part.flatten() / 255).tolist() for part in (pixels.mean, pixels.std))
        return cls(size, resize, tuple(mean), tuple(std))

    def __call__(self, picture: Image.Image) -> Tensor:
        """Transform a picture in RGB."""
        resized = functional.resize(picture, [self.resize], InterpolationMode.BICUBIC)
        center = functional.center_crop(resized, [self.size, self.size])
        return functional.normalize(functional.to_tensor(center), list(self.mean), list(self.std))


def sizes_of_evaluation(
    meta: Mapping[str, Any], image_size: int | None = None, resize: int | None = None
) -> tuple[int, int]:
    """Settle the side of the images and the short side before the cut, in pixels.

    The one rule for checkpoints: what validation inside training had (the checkpoint's
    ``image_size`` and ``image_resize``); where an older one does not say the latter, 256 for 224
    and in proportion above, and no margin for small models.

    Args:
        meta: Of the checkpoint; empty for other files.
        image_size: The user's --image-size; the margin keeps its share.
        resize: The user's --resize.

    Raises:
        ValueError: A size is no positive number, or the cut is larger than what it is cut from.
    """
    for option, value in (("--image-size", image_size), ("--resize", resize)):
        if value is not None and value < 1:
            raise ValueError(f"{option} is {value}; it takes a number of pixels, 1 or more")
    own_size = meta.get("image_size") or _FULL_SIZE
    own_resize = meta.get("image_resize") or default_resize(own_size)
    size = image_size or own_size
    resize = resize or round(size * own_resize / own_size)
    if resize < size:
        raise ValueError(
            f"--resize {resize} is smaller than the {size} pixels that are cut out: give {size} or "
            "more, or a smaller --image-size"
        )
    return size, resize


def default_resize(size: int) -> int:
    """Short side before a cut of ``size`` where nothing says it."""
    return size if size < _FULL_SIZE else round(size * _FULL_RESIZE / _FULL_SIZE)


def export_manifest(export: Path) -> dict[str, Any]:
    """What tools/export.py wrote beside a file, or into a folder; empty if it is none of its own.

    Its ``image_size`` and ``image_resize`` are those of the checkpoint's meta.
    """
    inside = export / "manifest.json"
    file = inside if export.is_dir() else export.with_name(export.name + ".json")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(content, dict) and {"written_by", "source"} <= content.keys()
    return content if is_ours else {}
