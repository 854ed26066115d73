"""From encoded bytes to a uint8 tensor (3, size, size).

A transform is a pure function of the bytes and a seed. Training uses libjpeg-turbo and torch's
antialiased uint8 resize, which is twice as fast as Pillow's and differs by rounding only.
Evaluation uses Pillow's resize: its pixels are those of open_clip and torchvision, bit for bit.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from iclip.datasets.readers.decoding import (
    JpegImage,
    PillowImage,
    Pixels,
    open_image,
    resized_size,
)
from iclip.files.pixel_limit import max_pixels
from iclip.registry import TRANSFORMS


class Box(NamedTuple):
    """A rectangle in an image, in pixels."""

    top: int
    left: int
    height: int
    width: int


@TRANSFORMS.register_module()
class RandomResizedCropFlip:
    """Cut out a random rectangle, resize it to a square, mirror it sometimes (training).

    Args:
        size: Side of the result in pixels.
        scale: Smallest and largest area of the rectangle, as shares of the image's area, in (0, 1].
        ratio: Smallest and largest width / height of the rectangle.
        flip: Probability of mirroring, in [0, 1]; 0 if captions mention left and right.

    Raises:
        ValueError: A setting is outside its range.
    """

    def __init__(
        self,
        size: int,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        flip: float = 0.5,
    ) -> None:
        _check_size("size", size)
        if not (len(scale) == 2 and 0 < scale[0] <= scale[1] <= 1):
            raise ValueError(f"scale={tuple(scale)}: give two areas, 0 < smallest <= largest <= 1")
        if not (len(ratio) == 2 and 0 < ratio[0] <= ratio[1]):
            raise ValueError(f"ratio={tuple(ratio)}: give two ratios, 0 < smallest <= largest")
        if not 0 <= flip <= 1:
            raise ValueError(f"flip={flip}: give a probability between 0 and 1")
        self.size, self.flip = size, flip
        self.scale, self.ratio = (scale[0], scale[1]), (ratio[0], ratio[1])

    def __call__(self, encoded: bytes, seed: int) -> Tensor:
        """Decode and augment one image.

        Returns:
            uint8, (3, size, size), RGB.

        Raises:
            DecodeError: The image cannot be decoded.
        """
        # Only `random()` is used: Python promises the same sequence in later versions.
        draw = random.Random(seed).random
        image = open_image(encoded)
        box = _sample_box(image.height, image.width, self.scale, self.ratio, draw)
        resized = _resize(_decode_box(image, box, self.size), self.size)
        if draw() < self.flip:
            resized = resized.flip(-1)
        return resized.contiguous()


@TRANSFORMS.register_module()
class ResizeCenterCrop:
    """Resize the short side and cut out the center (evaluation): open_clip's pixels, bit for bit.

    Args:
        size: Side of the result in pixels.
        resize: Length of the short side before the cut, at least ``size``; ``size`` by default.

    Raises:
        ValueError: A setting is outside its range.
    """

    def __init__(self, size: int, resize: int | None = None) -> None:
        _check_size("size", size)
        self.size = size
        self.resize = size if resize is None else resize
        if self.resize < size:
            raise ValueError(
                f"resize={resize} is smaller than size={size}: the center would not fill the result"
            )

    def __call__(self, encoded: bytes, seed: int = 0) -> Tensor:
        """Decode one image; the seed has no effect.

        Returns:
            uint8, (3, size, size), RGB.

        Raises:
            DecodeError: The image cannot be decoded, or is so narrow that it cannot be resized.
        """
        return self.of_pixels(open_image(encoded).pixels())

    def of_pixels(self, pixels: Pixels) -> Tensor:
        """Resize and cut one decoded image, (H, W, 3): uint8, (3, size, size), RGB.

        Raises:
            DecodeError: It is so narrow that it cannot be resized.
        """
        image = Image.fromarray(pixels)
        width, height = resized_size(*image.size, self.resize)
        # H, W, C
        resized = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
        # Rounded half to even, as in torchvision's CenterCrop.
        top, left = round((height - self.size) / 2), round((width - self.size) / 2)
        center = resized[top : top + self.size, left : left + self.size]
        # H, W, C -> C, H, W
        return torch.from_numpy(np.ascontiguousarray(center.transpose(2, 0, 1)))


def _sample_box(
    height: int,
    width: int,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    draw: Callable[[], float],
) -> Box:
    """Draw a rectangle as torchvision's RandomResizedCrop does; the central one if none fits."""
    # The logarithm is drawn evenly, so that 1:2 is as likely as 2:1.
    low, high = math.log(ratio[0]), math.log(ratio[1])
    for _ in range(10):  # torchvision's number of tries
        area = height * width * (scale[0] + draw() * (scale[1] - scale[0]))
        aspect = math.exp(low + draw() * (high - low))
        box_width, box_height = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < box_width <= width and 0 < box_height <= height:
            top = int(draw() * (height - box_height + 1))
            left = int(draw() * (width - box_width + 1))
            return Box(top, left, box_height, box_width)
    # The largest box with an allowed ratio: only the longer side is cut.
    box_width = min(width, max(1, round(height * ratio[1])))
    box_height = min(height, max(1, round(width / ratio[0])))
    return Box((height - box_height) // 2, (width - box_width) // 2, box_height, box_width)


def _decode_box(image: JpegImage | PillowImage, box: Box, size: int) -> Pixels:
    """Decode the pixels in a box, (H, W, 3).

    If both sides of the box have ``2 * size`` pixels or more, a JPEG is decoded at a lower
    resolution, which leaves them at least about ``size`` pixels and takes less time.
    """
    shrink = min(box.height, box.width) / size
    if shrink < 2:
        top, left, height, width = box
        return image.pixels()[top : top + height, left : left + width]
    pixels = image.pixels(math.ceil(image.height / shrink), math.ceil(image.width / shrink))
    # The box in the decoded pixels, whose resolution is one that libjpeg offers.
    y_scale, x_scale = pixels.shape[0] / image.height, pixels.shape[1] / image.width
    top, left = int(box.top * y_scale), int(box.left * x_scale)
    height, width = max(1, round(box.height * y_scale)), max(1, round(box.width * x_scale))
    return pixels[top : top + height, left : left + width]


def _resize(pixels: Pixels, size: int) -> Tensor:
    """Resize (H, W, 3) to (3, size, size)."""
    # torch resizes a contiguous copy faster than the strided cut-out, the copy included.
    # H, W, 3 -> 1, 3, H, W
    image = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]
    return F.interpolate(image, size=(size, size), mode="bicubic", antialias=True)[0]


def _check_size(name: str, size: int) -> None:
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"{name}={size}: give a whole number of pixels, 1 or more")
    max_pixels()  # A limit that is not one is said before the first image.
