"""The largest image that is decoded: a file of a few kilobytes may hold gigabytes of pixels."""

import os

PIXELS_VARIABLE = "ICLIP_MAX_PIXELS"
# Pillow's own limit: it warns above the pixels that fill 256 MiB as RGB, and refuses more than
# twice as many as a decompression bomb. No larger image is decoded, whatever the variable says.
LARGEST_PIXELS = 2 * (1024**3 // 4 // 3)


def max_pixels() -> int:
    """Return the largest number of pixels of an image that is decoded.

    The environment variable ``ICLIP_MAX_PIXELS`` lowers it, for machines whose data workers have
    little memory: at the limit, an RGB image takes 537 MB, and 716 MB more where Pillow decodes it,
    which keeps four bytes per pixel.

    Raises:
        ValueError: The variable is not a number in its range.
    """
    value = os.environ.get(PIXELS_VARIABLE)
    if value is None:
        return LARGEST_PIXELS
    try:
        pixels = int(value)
    except ValueError:
        pixels = 0
    if not 1 <= pixels <= LARGEST_PIXELS:
        raise ValueError(
            f"the environment variable {PIXELS_VARIABLE} is {value!r}: give the largest number of "
            f"pixels of an image, from 1 to {LARGEST_PIXELS}, or unset it"
        )
    return pixels
