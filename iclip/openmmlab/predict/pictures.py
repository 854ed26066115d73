"""Draw predictions over images, at a size at which people can look at them."""

from typing import Any

import mmcv
import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from torch import Tensor

Image = npt.NDArray[np.uint8]

# Pixels. An image with a shorter side below READABLE_SIDE is enlarged, so that labels can be read,
# unless its longer side would exceed LARGEST_SIDE; a larger image is reduced to LARGEST_SIDE.
READABLE_SIDE = 640
LARGEST_SIDE = 4096


def resize_for_viewing(image: Image) -> tuple[float, Image]:
    """Enlarge an image by a whole number, or reduce it, to be looked at.

    Args:
        image: (H, W, 3).

    Returns:
        The factor of its sides, and the image.
    """
    short, long = min(image.shape[:2]), max(image.shape[:2])
    if long > LARGEST_SIDE:
        height, width = (max(1, side * LARGEST_SIDE // long) for side in image.shape[:2])
        return LARGEST_SIDE / long, mmcv.imresize(image, (width, height), interpolation="area")
    # -(-a // b) rounds up.
    factor = max(1, min(-(-READABLE_SIDE // short), LARGEST_SIDE // long))
    return factor, image.repeat(factor, axis=0).repeat(factor, axis=1)


def resize_masks(masks: Tensor, image: Image) -> Tensor:
    """Resize masks or labels (N, H, W) to an image's size by their nearest values."""
    if not len(masks):
        return masks.new_zeros((0, *image.shape[:2]))
    # N, H, W -> N, 1, H, W; float64 holds mmdet's panoptic labels exactly.
    resized = F.interpolate(masks[:, None].double(), image.shape[:2], mode="nearest")
    return resized[:, 0].to(masks.dtype)


def draw(visualizer: Any, image: Image, sample: Any, **options: Any) -> Image:
    """Draw a framework's sample over an image (H, W, 3), BGR; return the picture, RGB.

    Args:
        visualizer: The framework's.
        image: What is drawn over.
        sample: A framework's sample with predictions.
        options: Of the visualizer's ``add_datasample``.
    """
    pixels = image[..., ::-1].copy()  # BGR -> RGB
    visualizer.add_datasample("", pixels, sample, draw_gt=False, **options)
    return visualizer.get_image()
