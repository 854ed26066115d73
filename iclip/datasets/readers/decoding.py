"""From encoded images to RGB pixels, by one rule for training, evaluation and prediction.

The pixels are those that a person sees who opens the file: turned upright as its EXIF data say,
what is transparent on white, 16 bits scaled to 8, and the first frame of an animation. Apart from
that they are Pillow's, bit for bit, at libjpeg-turbo's speed.
"""

import io
import warnings
from typing import NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

import iclip.files.pillow_formats  # noqa: F401  (no image is a program)
from iclip.files.orientation import (
    exif_orientation,
    jpeg_orientation,
    lies_on_its_side,
    turned_upright,
)
from iclip.files.pixel_limit import LARGEST_PIXELS, PIXELS_VARIABLE, max_pixels

Pixels = NDArray[np.uint8]  # H, W, 3

# Names the rule; kept embeddings of images that were read by another one are not used.
PIXEL_RULE = "upright, on white"
# Color spaces that libjpeg-turbo turns into RGB. The others (CMYK, YCCK) are left to Pillow.
_TURBO_COLORS = ("RGB", "YCbCr", "Gray")


class DecodeError(ValueError):
    """A sample's image or caption cannot be read; the message says which one and why.

    Args:
        message: For a person.
        kind: Names what to count it under.
        file: The file that could not be read at all; empty if only the sample is damaged.
    """

    def __init__(self, message: str, kind: str = "damaged image", file: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.file = file


class DecodeFailure(NamedTuple):
    """A `DecodeError` as it travels in a batch.

    Attributes:
        message: For a person.
        kind: Names what to count it under; starts with the source's name.
        file: The file that could not be read at all, which is named once; empty if only the sample
            is damaged.
    """

    message: str
    kind: str
    file: str = ""

    def __str__(self) -> str:
        return self.message


class PillowImage:
    """An image in any format that Pillow reads; its size is known before its pixels are decoded.

    Args:
        encoded: The file's bytes.

    Attributes:
        height: Height in pixels, upright.
        width: Width in pixels, upright.

    Raises:
        DecodeError: It is not an image, or a larger one than is decoded.
    """

    def __init__(self, encoded: bytes) -> None:
        try:
            with warnings.catch_warnings():
                # Pillow warns of large images, which are welcome; a bomb raises an error.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                self._image: Image.Image = Image.open(io.BytesIO(encoded))
                _check_pixels(*self._image.size)
                # PNG's EXIF data may follow the pixels.
                if self._image.format == "PNG" and "exif" not in self._image.info:
                    self._image.load()
        except DecodeError:
            raise
        # Malformed files make Pillow's plug-ins raise errors of any type.
        except Exception as error:
            raise DecodeError(_reason(error, encoded), _kind(error)) from error
        self._orientation = exif_orientation(self._image.info.get("exif"))
        self.height, self.width = _upright_size(*self._image.size[::-1], self._orientation)

    def pixels(self, min_height: int = 0, min_width: int = 0) -> Pixels:
        """Decode to RGB (H, W, 3), always at full size: the arguments are `JpegImage`'s.

        Raises:
            DecodeError: The data are damaged or truncated, or cannot be turned into RGB.
        """
        try:
            return turned_upright(np.array(_to_rgb(self._image)), self._orientation)
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(str(error) or type(error).__name__, _kind(error)) from error


class JpegImage:
    """A JPEG file, which can be decoded at a fraction of its size in less time.

    Args:
        encoded: The file's bytes.

    Attributes:
        height: Height in pixels, upright.
        width: Width in pixels, upright.

    Raises:
        DecodeError: It is larger than what is decoded.
        ValueError: simplejpeg cannot read the header, or cannot turn these colors into RGB.
    """

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded
        height, width, colors, _ = simplejpeg.decode_jpeg_header(encoded)
        _check_pixels(width, height)
        if colors not in _TURBO_COLORS:
            raise ValueError(f"{height} x {width} {colors}")
        self._orientation = jpeg_orientation(encoded)
        self.height, self.width = _upright_size(height, width, self._orientation)

    def pixels(self, min_height: int = 0, min_width: int = 0) -> Pixels:
        """Decode to RGB (H, W, 3).

        Args:
            min_height: Smallest height of the result in pixels. The lowest resolution that libjpeg
                offers with this height and width is taken; 0 and 0 ask for full size.
            min_width: Smallest width of the result in pixels.

        Raises:
            DecodeError: The data are damaged or truncated.
        """
        # libjpeg knows the sides as they are stored.
        height, width = _upright_size(min_height, min_width, self._orientation)
        try:
            stored = simplejpeg.decode_jpeg(
                self._encoded, "RGB", min_height=height, min_width=width
            )
        except ValueError:
            # simplejpeg refuses some files that Pillow reads, such as those with stray bytes.
            return PillowImage(self._encoded).pixels()
        return turned_upright(stored, self._orientation)


def open_image(encoded: bytes) -> JpegImage | PillowImage:
    """Read the header of an encoded image.

    Raises:
        DecodeError: It is not an image, or has more pixels than are decoded.
    """
    if encoded[:2] == b"\xff\xd8":  # the start of every JPEG file
        try:
            return JpegImage(encoded)
        except DecodeError:
            raise
        except ValueError:
            pass  # Pillow may read it; if not, it says what is wrong.
    return PillowImage(encoded)


def bgr_pixels(encoded: bytes) -> Pixels:
    """Decode an image to what OpenMMLab's frameworks take: (H, W, 3), BGR.

    Raises:
        DecodeError: It cannot be decoded.
    """
    return np.ascontiguousarray(open_image(encoded).pixels()[..., ::-1])


def pixels_of_image(image: Image.Image) -> Pixels:
    """Turn an image that Pillow has opened into RGB (H, W, 3), as a file of it would be.

    Raises:
        DecodeError: Its pixels cannot be turned into RGB.
    """
    return turned_upright(np.array(_to_rgb(image)), exif_orientation(image.info.get("exif")))


def resized_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Return width and height of an image after its short side is resized.

    Raises:
        DecodeError: It is so narrow that its long side would fill the memory.
    """
    short, long = sorted((width, height))
    # Truncated, as in torchvision's Resize.
    scaled_long = int(short_side * long / short)
    size = (short_side, scaled_long) if width <= height else (scaled_long, short_side)
    if short_side * scaled_long > LARGEST_PIXELS:
        raise DecodeError(
            f"{width} x {height} pixels are too narrow: with a short side of {short_side} the "
            f"image would have {size[0]} x {size[1]}",
            "too large",
        )
    return size


def _check_pixels(width: int, height: int) -> None:
    limit = max_pixels()
    if width * height > limit:
        raise DecodeError(
            f"{width} x {height} pixels are more than the {limit} that are decoded "
            f"({PIXELS_VARIABLE})",
            "too large",
        )


def _upright_size(height: int, width: int, orientation: int) -> tuple[int, int]:
    return (width, height) if lies_on_its_side(orientation) else (height, width)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to 8-bit RGB, what is transparent on white."""
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I;16"):
        # Pillow would clip values above 255, which makes almost all pixels white.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise DecodeError(f"pixels of mode {image.mode!r} have no known range", "pixel format")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def _kind(error: Exception) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image"
    return "too large" if isinstance(error, Image.DecompressionBombError) else "damaged image"


def _reason(error: Exception, encoded: bytes) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return f"not an image ({len(encoded)} bytes, starting with {encoded[:8]!r})"
    return str(error) or type(error).__name__
