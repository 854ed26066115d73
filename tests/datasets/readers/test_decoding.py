import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from iclip.datasets.readers.decoding import DecodeError, JpegImage, PillowImage, open_image

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


def test_transparent_palette_gives_its_colors(picture: Callable[..., Image.Image]) -> None:
    file = io.BytesIO()
    picture(mode="P").save(file, "PNG", transparency=bytes(range(256)))
    pixels = open_image(file.getvalue()).pixels()
    np.testing.assert_array_equal(pixels, np.asarray(picture(mode="P").convert("RGB")))


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


def test_gigantic_image_is_a_decode_error(encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    monkeypatch.setattr("iclip.datasets.readers.decoding.MAX_PIXELS", 200)
    with pytest.raises(DecodeError, match="exceeds limit of 200 pixels"):
        open_image(encode(100, 100))


def test_pixel_limit_is_that_of_pillow() -> None:
    from iclip.datasets.readers import decoding

    assert 2 * (Image.MAX_IMAGE_PIXELS or 0) == decoding.MAX_PIXELS


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
    expected = (values >> 8).astype(np.uint8)[..., 2::-1]  # cv2's order is blue first.
    np.testing.assert_array_equal(open_image(encoded).pixels(), expected)


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_of_a_tiff_are_read_in_its_byte_order(order: str) -> None:
    values = (np.arange(48).reshape(6, 8) * 1365).astype(f"{order}u2")
    file = io.BytesIO()
    mode = "I;16" if order == "<" else "I;16B"
    Image.frombytes(mode, (8, 6), values.tobytes()).save(file, "TIFF")
    expected = np.repeat((values // 256)[..., None], 3, axis=2)
    np.testing.assert_array_equal(open_image(file.getvalue()).pixels(), expected)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_exif_orientation_is_not_applied(encode: Encode, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned, plain = encode(exif=exif), encode()
    np.testing.assert_array_equal(open_image(turned).pixels(), open_image(plain).pixels())


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
