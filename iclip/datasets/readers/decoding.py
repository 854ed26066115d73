"""Encoded images to RGB pixels: Pillow's, bit for bit, at libjpeg-turbo's speed."""

import io
import warnings
from typing import NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

# Color spaces that libjpeg-turbo turns into RGB. The rest (CMYK, YCCK) is Pillow's.
_TURBO_COLORS = ("RGB", "YCbCr", "Gray")
# Where Pillow refuses an image as a decompression bomb: twice a quarter of a gigabyte of RGB.
MAX_PIXELS = 2 * (1024**3 // 4 // 3)


class DecodeError(ValueError):
    """A sample whose image or caption cannot be read; the message says which and why.

    Args:
        message: For a person.
        kind: What the errors of its kind have in common, for counting.
    """

    def __init__(self, message: str, kind: str = "damaged image") -> None:
        super().__init__(message)
        self.kind = kind

    def __reduce__(self) -> tuple[type["DecodeError"], tuple[str, str]]:
        # It comes from a data worker, pickled.
        return type(self), (str(self), self.kind)


class DecodeFailure(NamedTuple):
    """A `DecodeError` as it travels in a batch.

    Attributes:
        message: For a person.
        kind: For counting; starts with the source's name.
    """

    message: str
    kind: str

    def __str__(self) -> str:
        return self.message


class PillowImage:
    """Any format that Pillow reads; the size is known before the pixels are decoded.

    Args:
        encoded: The file's bytes.

    Raises:
        DecodeError: It is no image.
    """

    def __init__(self, encoded: bytes) -> None:
        try:
            with warnings.catch_warnings():
                # About large images; what is too large is an error of its own.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                self._image: Image.Image = Image.open(io.BytesIO(encoded))
        # Pillow's plug-ins raise whatever a malformed file makes them run into.
        except Exception as error:
            raise DecodeError(_reason(error, encoded), _kind(error)) from error
        self.width, self.height = self._image.size

    def pixels(self, min_height: int = 0, min_width: int = 0) -> Pixels:
        """Decode to RGB (H, W, 3), always at full size.

        Raises:
            DecodeError: The data are damaged or truncated, or in no color space that has RGB.
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
            min_height: With ``min_width``: allows a lower resolution, the lowest that libjpeg
                offers and that is at least so high and wide. 0 and 0 ask for full size.
            min_width: See ``min_height``.

        Raises:
            DecodeError: The data are damaged or truncated.
        """
        try:
            return simplejpeg.decode_jpeg(
                self._encoded, "RGB", min_height=min_height, min_width=min_width
            )
        except ValueError:
            # simplejpeg refuses more than it must, such as stray bytes: Pillow has the last word.
            return PillowImage(self._encoded).pixels()


def open_image(encoded: bytes) -> JpegImage | PillowImage:
    """Read the header of an encoded image.

    As in torchvision and open_clip, an EXIF orientation is not applied and alpha is dropped.

    Raises:
        DecodeError: It is no image.
    """
    if encoded[:2] == b"\xff\xd8":
        try:
            return JpegImage(encoded)
        except ValueError:
            pass
    return PillowImage(encoded)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        # Pillow would clip 16 bits to 8, which leaves white.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise DecodeError(f"pixels of mode {image.mode!r} have no known range", "pixel format")
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
