"""From encoded images to RGB pixels: those of Pillow, bit for bit, at libjpeg-turbo's speed."""

import io
import warnings
from typing import NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

import iclip.files.pillow_formats  # noqa: F401  (no image is a program)

Pixels = NDArray[np.uint8]  # H, W, 3

# Color spaces that libjpeg-turbo turns into RGB. The others (CMYK, YCCK) are left to Pillow.
_TURBO_COLORS = ("RGB", "YCbCr", "Gray")
# Pillow's own limit: it warns above the pixels that fill 256 MiB as RGB, and refuses more than
# twice as many as a decompression bomb.
MAX_PIXELS = 2 * (1024**3 // 4 // 3)


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

    Raises:
        DecodeError: It is not an image.
    """

    def __init__(self, encoded: bytes) -> None:
        try:
            with warnings.catch_warnings():
                # Pillow warns of large images, which are welcome; a bomb raises an error.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                self._image: Image.Image = Image.open(io.BytesIO(encoded))
        # Malformed files make Pillow's plug-ins raise errors of any type.
        except Exception as error:
            raise DecodeError(_reason(error, encoded), _kind(error)) from error
        self.width, self.height = self._image.size

    def pixels(self, min_height: int = 0, min_width: int = 0) -> Pixels:
        """Decode to RGB (H, W, 3), always at full size: the arguments are `JpegImage`'s.

        Raises:
            DecodeError: The data are damaged or truncated, or cannot be turned into RGB.
        """
        try:
            return np.array(_to_rgb(self._image))
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(str(error) or type(error).__name__, _kind(error)) from error


class JpegImage:
    """A JPEG file, which can be decoded at a fraction of its size in less time.

    Args:
        encoded: The file's bytes.

    Raises:
        ValueError: simplejpeg cannot read the header, or cannot turn these colors into RGB.
    """

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded
        self.height, self.width, colors, _ = simplejpeg.decode_jpeg_header(encoded)
        if colors not in _TURBO_COLORS or self.height * self.width > MAX_PIXELS:
            raise ValueError(f"{self.height} x {self.width} {colors}")

    def pixels(self, min_height: int = 0, min_width: int = 0) -> Pixels:
        """Decode to RGB (H, W, 3).

        Args:
            min_height: Smallest height of the result in pixels. The lowest resolution that libjpeg
                offers with this height and width is taken; 0 and 0 ask for full size.
            min_width: Smallest width of the result in pixels.

        Raises:
            DecodeError: The data are damaged or truncated.
        """
        try:
            return simplejpeg.decode_jpeg(
                self._encoded, "RGB", min_height=min_height, min_width=min_width
            )
        except ValueError:
            # simplejpeg refuses some files that Pillow reads, such as those with stray bytes.
            return PillowImage(self._encoded).pixels()


def open_image(encoded: bytes) -> JpegImage | PillowImage:
    """Read the header of an encoded image.

    As in torchvision and open_clip, an EXIF orientation is not applied and alpha is dropped.

    Raises:
        DecodeError: It is not an image.
    """
    if encoded[:2] == b"\xff\xd8":  # the start of every JPEG file
        try:
            return JpegImage(encoded)
        except ValueError:
            pass  # Pillow may read it; if not, it says what is wrong.
    return PillowImage(encoded)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to 8-bit RGB, without its alpha."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        # Pillow would clip values above 255, which makes almost all pixels white.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise DecodeError(f"pixels of mode {image.mode!r} have no known range", "pixel format")
    # Pillow warns if a palette with transparency is turned into RGB directly.
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _kind(error: Exception) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image"
    return "too large" if isinstance(error, Image.DecompressionBombError) else "damaged image"


def _reason(error: Exception, encoded: bytes) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return f"not an image ({len(encoded)} bytes, starting with {encoded[:8]!r})"
    return str(error) or type(error).__name__
