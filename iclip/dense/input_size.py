"""How large an image is when it is segmented by words."""

from iclip.datasets.readers.decoding import resized_size

FACTOR = 2
"""The image's shorter side, in sides of the pre-training's images, unless the user says another.

A larger image has a finer map, and its objects are larger than the tower has seen them. On the
training part of the toy's ADE20K, twice the side had the best mIoU of 1, 1.5, 2, 3, 4, 6 and 8.
"""


def short_side(trained_side: int, asked: int | None) -> int:
    """Return the shorter side of the images that are segmented, in pixels.

    Args:
        trained_side: Side of the images in pre-training.
        asked: The user's --image-size.

    Raises:
        ValueError: It is not positive.
    """
    if asked is not None and asked < 1:
        raise ValueError(f"--image-size is {asked}; it takes a number of pixels, 1 or more")
    return asked or FACTOR * trained_side


def input_size(width: int, height: int, short: int, stride: int) -> tuple[int, int]:
    """Return width and height to which an image is resized.

    They are multiples of the map's stride, so that each position stands for a rectangle of the
    image of one size, and nothing is padded.

    Args:
        width: The image's.
        height: The image's.
        short: Of the resized image, in pixels, before the sides are rounded.
        stride: Pixels between neighboring positions of the map.

    Raises:
        DecodeError: The image is so narrow that its long side would fill the memory.
    """
    sides = resized_size(width, height, short)
    across, down = (max(1, round(side / stride)) * stride for side in sides)
    return across, down
