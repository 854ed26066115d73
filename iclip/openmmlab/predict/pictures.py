"""Images at a size at which predictions on them can be looked at."""

from typing import Any

import mmcv
import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from torch import Tensor

Image = npt.NDArray[np.uint8]

# A picture whose shorter side is less is enlarged, so that labels can be read ...
READABLE_SIDE = 640
# ... as long as the longer one stays below this, to which a larger one is reduced.
LARGEST_SIDE = 4096


def fitted(image: Image) -> tuple[float, Image]:
    """Enlarge an image by a whole number, or reduce it, to be looked at.

    Args:
        image: (H, W, 3).

    Returns:
        By how much, and the image.
    """
    short, long = min(image.shape[:2]), max(image.shape[:2])
    if long > LARGEST_SIDE:
        height, width = (max(1, side * LARGEST_SIDE // long) for side in image.shape[:2])
        return LARGEST_SIDE / long, mmcv.imresize(image, (width, height), interpolation="area")
    factor = max(1, min(-(-READABLE_SIDE // short), LARGEST_SIDE // long))
    return factor, image.repeat(factor, axis=0).repeat(factor, axis=1)


def fitted_masks(masks: Tensor, image: Image) -> Tensor:
    """Resize masks or labels (N, H, W) to an image's size, without new values in between."""
    if not len(masks):
        return masks.new_zeros((0, *image.shape[:2]))
    larger = F.interpolate(masks[:, None].double(), image.shape[:2], mode="nearest")[:, 0]
    return larger.to(masks.dtype)


def draw(visualizer: Any, image: Image, sample: Any) -> Image:
    """Draw a framework's sample over an image, BGR; the picture is RGB."""
    visualizer.add_datasample("", image[..., ::-1].copy(), sample, draw_gt=False)
    return visualizer.get_image()
