from pathlib import Path

import pytest
from PIL import Image, ImageOps

from iclip.files.image_headers import image_header, image_size, map_header
from tests.support.own_data_files import write_image


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_size_is_that_of_the_turned_pixels(
    orientation: int, suffix: str, tmp_path: Path
) -> None:
    file = write_image(tmp_path / f"a.{suffix}", (6, 4), orientation)
    header = image_header(file)
    with Image.open(file) as image:
        assert header.upright_size == ImageOps.exif_transpose(image).size
    if suffix != "tiff":  # which Pillow turns itself
        assert (header.width, header.height, header.orientation) == (6, 4, orientation)
        assert image_size(file, oriented=False) == (6, 4)
    assert image_size(file, oriented=True) == header.upright_size


@pytest.mark.parametrize(
    ("mode", "channels", "bits"),
    [("L", 1, 8), ("RGB", 3, 8), ("RGBA", 4, 8), ("LA", 2, 8), ("I;16", 1, 16)],
)
def test_header_of_a_map(mode: str, channels: int, bits: int, tmp_path: Path) -> None:
    Image.new(mode, (6, 4)).save(tmp_path / "a.png")
    assert map_header(tmp_path / "a.png") == (6, 4, channels, bits)


def test_what_is_not_an_image_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"text")
    with pytest.raises(OSError, match="not an image"):
        image_size(tmp_path / "a.jpg", oriented=True)
