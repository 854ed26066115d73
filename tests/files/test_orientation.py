import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from iclip.files.orientation import (
    UPRIGHT,
    exif_orientation,
    jpeg_orientation,
    lies_on_its_side,
    turned_upright,
)

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def exif_of(orientation: object, order: str = "<", kind: int = 3) -> bytes:
    """EXIF data with one tag, written by hand: the standard's layout of a TIFF directory."""
    mark = b"II" if order == "<" else b"MM"
    value = struct.pack(f"{order}HHIHH", 0x0112, kind, 1, orientation, 0)
    header = mark + struct.pack(f"{order}HI", 42, 8)
    return b"Exif\0\0" + header + struct.pack(f"{order}H", 1) + value + bytes(4)


def jpeg_with(*segments: bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG")
    plain = file.getvalue()
    return plain[:2] + b"".join(segments) + plain[2:]


def segment(content: bytes, marker: int = 0xE1) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_in_both_byte_orders(orientation: int, order: str) -> None:
    exif = exif_of(orientation, order)
    assert exif_orientation(exif) == exif_orientation(exif[6:]) == orientation
    assert jpeg_orientation(jpeg_with(segment(exif))) == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_turned_as_pillow_turns_them(orientation: int) -> None:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG", exif=exif_of(orientation))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(file)))
    turned = turned_upright(PIXELS, orientation)
    np.testing.assert_array_equal(turned, expected)
    assert turned.flags.c_contiguous
    assert lies_on_its_side(orientation) == (expected.shape[:2] == (6, 4))


@pytest.mark.parametrize(
    "exif",
    [
        None,
        b"",
        b"Exif\0\0",
        b"Exif\0\0no TIFF",
        exif_of(6)[:12],
        exif_of(0),
        exif_of(9),
        exif_of(6, kind=99),
        b"Exif\0\0II*\0\xff\xff\xff\xff",
    ],
)
def test_what_states_no_orientation_is_upright(exif: bytes | None) -> None:
    assert exif_orientation(exif) == UPRIGHT
    assert exif is None or jpeg_orientation(jpeg_with(segment(exif))) == UPRIGHT


def test_other_segments_and_fill_bytes_may_come_before() -> None:
    others = segment(b"http://ns.adobe.com/xap/1.0/\0<x/>"), segment(b"JFIF", 0xE0)
    assert jpeg_orientation(jpeg_with(*others, b"\xff\xff" + segment(exif_of(8)))) == 8


def test_what_looks_like_exif_data_in_the_pixels_does_not_count() -> None:
    encoded = jpeg_with()
    assert jpeg_orientation(encoded + segment(exif_of(6))) == UPRIGHT


@pytest.mark.parametrize("length", range(0, 40))
def test_cut_header_is_upright(length: int) -> None:
    assert jpeg_orientation(jpeg_with(segment(exif_of(6)))[:length]) in (UPRIGHT, 6)


@pytest.mark.parametrize("claimed", [0, 1, 2, 65535])
def test_segment_with_a_wrong_length_ends_the_search(claimed: int) -> None:
    broken = b"\xff\xe0" + struct.pack(">H", claimed)
    assert jpeg_orientation(b"\xff\xd8" + broken + segment(exif_of(6))) in (UPRIGHT, 6)
