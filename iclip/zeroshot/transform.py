"""How an image is prepared for a model in an evaluation: the resize and crop of validation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode, functional

from iclip.datasets.readers.decoding import resized_size
from iclip.models.data_preprocessor import BatchPreprocessor

# Models of full size are trained with images of this side or more. For 224 pixels, validation
# resizes the short side to 256 before it crops (arXiv:2103.14030's code, and configs/_base_).
_FULL_SIZE = 224
_FULL_RESIZE = 256


@dataclass(frozen=True)
class EvaluationTransform:
    """Resize the short side (bicubic), crop the center and normalize: (3, size, size).

    The pixels equal those of ``iclip.ResizeCenterCrop``, torchvision and open_clip.

    Attributes:
        size: Side of the result in pixels.
        resize: Short side before the crop, in pixels.
        mean: Mean of each channel, for values in 0..1.
        std: Standard deviation of each channel, for values in 0..1.
    """

    size: int
    resize: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, size: int, resize: int, pixels: BatchPreprocessor) -> "EvaluationTransform":
        """Build the transform that normalizes as a model's preprocessor does."""
        mean, std = ((part.flatten() / 255).tolist() for part in (pixels.mean, pixels.std))
        return cls(size, resize, tuple(mean), tuple(std))

    def __call__(self, image: Image.Image) -> Tensor:
        """Transform an image in RGB to float32, (3, size, size).

        Raises:
            DecodeError: It is so narrow that it cannot be resized.
        """
        resized_size(*image.size, self.resize)
        resized = functional.resize(image, [self.resize], InterpolationMode.BICUBIC)
        center = functional.center_crop(resized, [self.size, self.size])
        return functional.normalize(functional.to_tensor(center), list(self.mean), list(self.std))


def sizes_of_evaluation(
    meta: Mapping[str, Any], image_size: int | None = None, resize: int | None = None
) -> tuple[int, int]:
    """Choose the side of the images and the short side before the crop, in pixels.

    All evaluations of checkpoints use this rule. The sizes are those of validation in training,
    which the checkpoint states as ``image_size`` and ``image_resize``. Older checkpoints lack
    ``image_resize``; for them, see :func:`default_resize`.

    Args:
        meta: The checkpoint's meta; empty for other files.
        image_size: The user's --image-size; the margin around the crop keeps its share.
        resize: The user's --resize.

    Returns:
        Side of the images, and short side before the crop.

    Raises:
        ValueError: A size is not positive, or the crop is larger than the resized image.
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
    """Return the short side before a crop of ``size`` where nothing states it: 256 for 224.

    Larger images keep this ratio. Smaller ones, as of the toy's models, have no margin.
    """
    return size if size < _FULL_SIZE else round(size * _FULL_RESIZE / _FULL_SIZE)


def export_manifest(export: Path) -> dict[str, Any]:
    """Read the manifest that tools/export.py writes beside a file or into a folder.

    Its ``image_size`` and ``image_resize`` are those of the checkpoint's meta.

    Returns:
        Empty if there is no manifest of tools/export.py.
    """
    inside = export / "manifest.json"
    file = inside if export.is_dir() else export.with_name(export.name + ".json")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(content, dict) and {"written_by", "source"} <= content.keys()
    return content if is_ours else {}
