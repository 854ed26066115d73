"""Images as they come from the web and from cameras: odd ones with their pixels, and faulty ones.

All sound images are 24 x 24, so that a transform to 24 pixels leaves them as they are.
"""

import io
import struct
import zlib
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

SIDE = 24
Pixels = npt.NDArray[np.uint8]  # 24, 24, 3
_ORIENTATION = 0x0112


def draw(seed: int = 0) -> Image.Image:
    """A smooth picture without symmetry."""
    noise = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def stored(content: bytes) -> Image.Image:
    """What Pillow reads of the first frame, as it is stored."""
    return Image.open(io.BytesIO(content))


def _plain(content: bytes) -> Pixels:
    return np.asarray(stored(content).convert("RGB"))


def _turned(content: bytes) -> Pixels:
    return np.asarray(ImageOps.exif_transpose(stored(content)).convert("RGB"))


def _on_white(content: bytes) -> Pixels:
    rgba = np.asarray(stored(content).convert("RGBA")).astype(float)
    share = rgba[..., 3:] / 255
    return np.floor(rgba[..., :3] * share + 255 * (1 - share) + 0.5).astype(np.uint8)


def _without_inks(content: bytes) -> Pixels:
    """The light that four inks leave: (1 - c) (1 - k)."""
    inks = np.asarray(stored(content)).astype(float) / 255
    return np.round((1 - inks[..., :3]) * (1 - inks[..., 3:]) * 255).astype(np.uint8)


def _tagged(format: str, orientation: int, **options: object) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return encoded(draw(), format, exif=exif, **options)


def _transparent(mode: str) -> Image.Image:
    image = draw().convert(mode)
    image.putalpha(Image.linear_gradient("L").resize((SIDE, SIDE)))
    return image


def _animated(format: str, **options: object) -> bytes:
    return encoded(draw(), format, save_all=True, append_images=[draw(1), draw(2)], **options)


_GRAY_16 = np.linspace(0, 65535, SIDE * SIDE).astype(np.uint16).reshape(SIDE, SIDE)
_COLOR_16 = np.random.default_rng(3).integers(0, 65536, (SIDE, SIDE, 3)).astype(np.uint16)

# Name: the file's content, and the pixels by a formula or another library.
SOUND: dict[str, tuple[bytes, Callable[[bytes], Pixels]]] = {
    "JPEG": (encoded(draw(), "JPEG"), _plain),
    "progressive JPEG": (encoded(draw(), "JPEG", progressive=True), _plain),
    "gray JPEG": (encoded(draw().convert("L"), "JPEG"), _plain),
    "CMYK JPEG": (encoded(draw().convert("CMYK"), "JPEG"), _without_inks),
    "CMYK TIFF": (encoded(draw().convert("CMYK"), "TIFF"), _without_inks),
    "gray PNG": (encoded(draw().convert("L"), "PNG"), _plain),
    "black and white PNG": (encoded(draw().convert("1"), "PNG"), _plain),
    "palette": (encoded(draw().convert("P"), "PNG"), _plain),
    "16 bits of gray": (
        encoded(Image.fromarray(_GRAY_16), "PNG"),
        lambda _: np.repeat((_GRAY_16 >> 8).astype(np.uint8)[..., None], 3, 2),
    ),
    "16 bits of color": (
        cv2.imencode(".png", _COLOR_16)[1].tobytes(),
        lambda _: (_COLOR_16 >> 8).astype(np.uint8)[..., ::-1],  # cv2's order is blue first
    ),
    "transparent": (encoded(_transparent("RGB"), "PNG"), _on_white),
    "transparent gray": (encoded(_transparent("L"), "PNG"), _on_white),
    "transparent palette": (
        encoded(draw().convert("P"), "PNG", transparency=bytes(range(256))), _on_white
    ),
    "JPEG turned by a quarter": (_tagged("JPEG", 6), _turned),
    "JPEG mirrored and turned": (_tagged("JPEG", 7), _turned),
    "PNG on its head": (_tagged("PNG", 3), _turned),
    "WebP turned by a quarter": (_tagged("WEBP", 8, lossless=True), _turned),
    "animated GIF": (_animated("GIF"), _plain),
    "animated WebP": (_animated("WEBP", lossless=True), _plain),
    "animated PNG": (_animated("PNG"), _plain),
    "1 x 1": (
        encoded(Image.new("RGB", (1, 1), (10, 200, 90)), "PNG"),
        lambda _: np.full((SIDE, SIDE, 3), (10, 200, 90), np.uint8),
    ),
    "EXIF data damaged": (_tagged("JPEG", 6).replace(b"Exif\0\0", b"Exif\0\0?"), _plain),
}  # fmt: skip


def _chunk(kind: bytes, content: bytes) -> bytes:
    length = struct.pack(">I", len(content))
    return length + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG file that claims a size, and holds almost nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + b"".join((_chunk(b"IHDR", head), *chunks, pixels))


def _jpeg_claiming(width: int, height: int) -> bytes:
    content = bytearray(encoded(draw(), "JPEG"))
    size = content.index(b"\xff\xc0") + 5  # the frame's header: length, bits, height, width
    content[size : size + 4] = struct.pack(">HH", height, width)
    return bytes(content)


def _halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


_LARGE = draw().resize((200, 200))
_SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'

# Name: the file's content, and the kind under which it is counted.
FAULTY: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not an image"),
    "HTML": (b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "not an image"),
    "SVG": (_SVG, "not an image"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(200), "not an image"),
    "noise": (np.random.default_rng(0).bytes(5000), "not an image"),
    "zeros": (bytes(5000), "not an image"),
    "JPEG's first bytes": (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "damaged image"),
    "JPEG cut in half": (_halved(encoded(_LARGE, "JPEG")), "damaged image"),
    "progressive JPEG cut in half": (
        _halved(encoded(_LARGE, "JPEG", progressive=True)), "damaged image"
    ),
    "PNG cut in half": (_halved(encoded(_LARGE, "PNG")), "damaged image"),
    "WebP cut in half": (_halved(encoded(_LARGE, "WEBP", lossless=True)), "damaged image"),
    "floats": (encoded(Image.new("F", (SIDE, SIDE)), "TIFF"), "pixel format"),
    "20,000 x 20,000 PNG": (png_header(20_000, 20_000), "too large"),
    "20,000 x 20,000 JPEG": (_jpeg_claiming(20_000, 20_000), "too large"),
    "bomb in a text of a PNG": (
        png_header(SIDE, SIDE, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 27)))),
        "damaged image",
    ),
}  # fmt: skip
