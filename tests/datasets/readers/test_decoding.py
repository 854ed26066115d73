import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from iclip.datasets.readers.decoding import (
    DecodeError,
    JpegImage,
    PillowImage,
    bgr_pixels,
    open_image,
    pixels_of_image,
    resized_size,
)

Encode = Callable[..., bytes]


def pillow_rgb(encoded: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}])
def test_jpeg_equals_pillow(encode: Encode, mode: str, options: dict[str, object]) -> None:
    encoded = encode(37, 53, mode=mode, **options)
    image = open_image(encoded)
    assert (image.height, image.width) == (37, 53)
    np.testing.assert_array_equal(image.pixels(), pillow_rgb(encoded))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1"])
def test_png_equals_pillow(encode: Encode, mode: str) -> None:
    encoded = encode(mode=mode, format="PNG")
    np.testing.assert_array_equal(open_image(encoded).pixels(), pillow_rgb(encoded))


@pytest.mark.parametrize("format", ["WEBP", "BMP", "GIF", "TIFF"])
def test_other_formats_are_read(encode: Encode, format: str) -> None:
    encoded = encode(format=format)
    np.testing.assert_array_equal(open_image(encoded).pixels(), pillow_rgb(encoded))


def on_white(colors: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The formula of "over" with a white ground, rounded to the nearest."""
    share = alpha[..., None] / 255
    return np.floor(share * colors + (1 - share) * 255 + 0.5).astype(np.uint8)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_transparent_pixels_lie_on_white(
    picture: Callable[..., Image.Image], mode: str, format: str
) -> None:
    image = picture(mode=mode)
    alpha = np.random.default_rng(1).integers(0, 256, (24, 32), dtype=np.uint8)
    image.putalpha(Image.fromarray(alpha))
    file = io.BytesIO()
    image.save(file, format, **({"lossless": True, "exact": True} if format == "WEBP" else {}))
    colors = np.asarray(image.convert("RGBA"))[..., :3]
    pixels = open_image(file.getvalue()).pixels()
    np.testing.assert_array_equal(pixels, on_white(colors, alpha))


def test_transparent_palette_lies_on_white(picture: Callable[..., Image.Image]) -> None:
    image = picture(mode="P")
    file = io.BytesIO()
    image.save(file, "PNG", transparency=bytes(range(256)))  # alpha = the color's number
    pixels = open_image(file.getvalue()).pixels()
    expected = on_white(np.asarray(image.convert("RGB")), np.asarray(image))
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize(("mode", "key"), [("RGB", (0, 0, 0)), ("L", 0)])
def test_color_that_counts_as_transparent_is_white(mode: str, key: int | tuple[int, ...]) -> None:
    image = Image.new(mode, (4, 3), key)
    image.putpixel((1, 2), (9, 9, 9) if mode == "RGB" else 9)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=key)
    expected = np.full((3, 4, 3), 255)
    expected[2, 1] = 9
    np.testing.assert_array_equal(open_image(file.getvalue()).pixels(), expected)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    pixels = open_image(file.getvalue()).pixels()
    np.testing.assert_array_equal(pixels, np.repeat((values // 256)[..., None], 3, axis=2))


def test_jpeg_with_stray_bytes_is_read_as_pillow_reads_it(encode: Encode) -> None:
    encoded = encode(64, 64) + b"\xff\xd9stray"
    np.testing.assert_array_equal(open_image(encoded).pixels(), pillow_rgb(encoded))


def test_jpeg_may_come_smaller_but_not_too_small(encode: Encode) -> None:
    image = JpegImage(encode(200, 300))
    height, width, _ = image.pixels(min_height=60, min_width=90).shape
    assert 60 <= height < 200 and 90 <= width < 300


@pytest.mark.parametrize(
    ("format", "keep"), [("JPEG", 0.6), ("PNG", 0.6), ("WEBP", 0.6), ("JPEG", 0.1), ("PNG", 0.3)]
)
def test_truncated_file_is_a_decode_error(encode: Encode, format: str, keep: float) -> None:
    encoded = encode(100, 100, format=format)
    with pytest.raises(DecodeError):
        open_image(encoded[: int(len(encoded) * keep)]).pixels()


@pytest.mark.parametrize("encoded", [b"", b"<html>not found</html>", b"\xff\xd8", b"\x89PNG\r\n"])
def test_what_is_no_image_is_a_decode_error(encoded: bytes) -> None:
    with pytest.raises(DecodeError, match="not an image"):
        open_image(encoded)


def test_pixels_without_a_range_are_a_decode_error() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), dtype=np.float32)).save(file, "TIFF")
    with pytest.raises(DecodeError, match="mode 'F'"):
        open_image(file.getvalue()).pixels()


@pytest.mark.parametrize(("format", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGB")])
def test_larger_image_than_the_limit_is_a_decode_error(
    encode: Encode, monkeypatch: pytest.MonkeyPatch, format: str, mode: str
) -> None:
    encoded = encode(100, 100, format=format, mode=mode)
    monkeypatch.setenv("ICLIP_MAX_PIXELS", "10000")
    assert open_image(encoded).pixels().shape == (100, 100, 3)
    monkeypatch.setenv("ICLIP_MAX_PIXELS", "9999")
    with pytest.raises(
        DecodeError, match=r"100 x 100 .* more than the 9999 .*ICLIP_MAX_PIXELS"
    ) as e:
        open_image(encoded)
    assert e.value.kind == "too large"


@pytest.mark.parametrize(("size", "expected"), [((30, 20), (12, 8)), ((20, 31), (8, 12))])
def test_short_side_is_resized(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert resized_size(*size, 8) == expected


def test_image_too_narrow_to_be_resized_is_a_decode_error() -> None:
    message = "1 x 1000000 pixels are too narrow: with a short side of 256"
    with pytest.raises(DecodeError, match=message):
        resized_size(1, 1_000_000, 256)


def test_formats_are_known_by_content(encode: Encode) -> None:
    assert isinstance(open_image(encode()), JpegImage)
    assert isinstance(open_image(encode(format="PNG")), PillowImage)


@pytest.mark.parametrize(
    ("format", "options"),
    [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})],
)
def test_first_frame_of_an_animation_is_read(
    picture: Callable[..., Image.Image], format: str, options: dict[str, object]
) -> None:
    frames = [picture(seed=seed) for seed in range(3)]
    file = io.BytesIO()
    frames[0].save(file, format, save_all=True, append_images=frames[1:], **options)
    assert Image.open(file).n_frames == 3  # type: ignore[attr-defined]
    pixels = open_image(file.getvalue()).pixels()
    np.testing.assert_array_equal(pixels, pillow_rgb(file.getvalue()))
    # GIF keeps 256 colors.
    assert np.abs(pixels.astype(int) - np.asarray(frames[0])).mean() < 8


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_of_color_give_their_upper_half(channels: int) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (9, 7, channels)).astype(np.uint16)
    encoded = cv2.imencode(".png", values)[1].tobytes()
    upper = (values >> 8).astype(np.uint8)
    expected = upper[..., 2::-1]  # cv2's order is blue first.
    if channels == 4:
        expected = on_white(expected, upper[..., 3])
    np.testing.assert_array_equal(open_image(encoded).pixels(), expected)


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_of_a_tiff_are_read_in_its_byte_order(order: str) -> None:
    values = (np.arange(48).reshape(6, 8) * 1365).astype(f"{order}u2")
    file = io.BytesIO()
    mode = "I;16" if order == "<" else "I;16B"
    Image.frombytes(mode, (8, 6), values.tobytes()).save(file, "TIFF")
    expected = np.repeat((values // 256)[..., None], 3, axis=2)
    np.testing.assert_array_equal(open_image(file.getvalue()).pixels(), expected)


def tagged(picture: Callable[..., Image.Image], orientation: int, format: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    options = {"lossless": True} if format == "WEBP" else {}
    picture(40, 60).save(file, format, exif=exif, **options)
    return file.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_image_is_turned_as_its_exif_data_say(
    picture: Callable[..., Image.Image], orientation: int, format: str
) -> None:
    encoded = tagged(picture, orientation, format)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded))).convert("RGB")
    image = open_image(encoded)
    assert (image.width, image.height) == upright.size
    np.testing.assert_array_equal(image.pixels(), np.asarray(upright))
    turned = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    if format in ("JPEG", "PNG"):  # OpenCV, by which the frameworks read, turns these.
        np.testing.assert_array_equal(image.pixels(), turned)


@pytest.mark.parametrize("orientation", [3, 6])
def test_smaller_jpeg_is_turned_and_not_too_small(
    picture: Callable[..., Image.Image], orientation: int
) -> None:
    encoded = tagged(picture, orientation, "JPEG")
    full = open_image(encoded)
    low = (full.height // 3, full.width // 3)
    pixels = full.pixels(*low)
    assert low[0] <= pixels.shape[0] < full.height and low[1] <= pixels.shape[1] < full.width
    size = (full.width // 4, full.height // 4)  # Both are the same picture, a little blurred.
    blurred = [Image.fromarray(one).resize(size, Image.Resampling.BOX) for one in
               (pixels, full.pixels())]  # fmt: skip
    assert np.abs(np.asarray(blurred[0], int) - np.asarray(blurred[1], int)).mean() < 8


def test_exif_data_after_the_pixels_of_a_png_count(picture: Callable[..., Image.Image]) -> None:
    encoded = tagged(picture, 6, "PNG")
    start = encoded.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(encoded[start : start + 4], "big")
    last = encoded.index(b"IEND") - 4
    moved = encoded[:start] + encoded[end:last] + encoded[start:end] + encoded[last:]
    image = open_image(moved)
    assert (image.height, image.width) == (60, 40)
    np.testing.assert_array_equal(image.pixels(), open_image(encoded).pixels())


def test_cmyk_gives_the_colors_that_its_inks_leave(picture: Callable[..., Image.Image]) -> None:
    """In Adobe's JPEG files, 255 is no ink; Pillow says so with the marker that it writes."""
    file = io.BytesIO()
    inks = np.full((16, 16, 4), (0, 255, 255, 0), np.uint8)  # magenta and yellow: red
    inks[8:] = (0, 0, 0, 255)  # black
    Image.fromarray(inks, "CMYK").save(file, "JPEG", quality=100, subsampling=0)
    assert b"Adobe" in file.getvalue()[:200]
    pixels = open_image(file.getvalue()).pixels().astype(int)
    assert np.abs(pixels[:8] - (255, 0, 0)).max() <= 2 and pixels[8:].max() <= 2


@pytest.mark.parametrize(
    ("encoded", "kind"),
    [
        (b"<html>", "not an image"),
        (b"", "not an image"),
        (b"\x89PNG\r\n", "not an image"),
    ],
)
def test_what_is_no_image_is_told_by_kind(encoded: bytes, kind: str) -> None:
    with pytest.raises(DecodeError) as error:
        open_image(encoded)
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda encode: encode(100, 100)[:800], "damaged image"),
        (lambda encode: encode(100, 100, format="PNG")[:2000], "damaged image"),
        (lambda encode: float_tiff(), "pixel format"),
    ],
    ids=["cut JPEG", "cut PNG", "floats"],
)
def test_damage_is_told_by_kind(encode: Encode, make: Callable[[Encode], bytes], kind: str) -> None:
    with pytest.raises(DecodeError) as error:
        open_image(make(encode)).pixels()
    assert error.value.kind == kind


def float_tiff() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), dtype=np.float32)).save(file, "TIFF")
    return file.getvalue()


def test_what_is_transparent_lies_on_white_for_the_frameworks() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (3, 2), (10, 20, 30, 0)).save(file, "PNG")
    assert (bgr_pixels(file.getvalue()) == 255).all()


def test_frameworks_get_blue_first(encode: Encode) -> None:
    encoded = encode(format="PNG")
    np.testing.assert_array_equal(bgr_pixels(encoded)[..., ::-1], pillow_rgb(encoded))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_image_that_is_open_has_the_pixels_of_its_file(mode: str, orientation: int) -> None:
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    noise = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(file, "TIFF" if mode == "CMYK" else "PNG", exif=exif)
    opened = Image.open(io.BytesIO(file.getvalue()))
    opened.load()
    np.testing.assert_array_equal(pixels_of_image(opened), open_image(file.getvalue()).pixels())
