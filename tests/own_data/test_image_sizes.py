from pathlib import Path

import pytest

from iclip.own_data.image_sizes import SizedImage, sized_images
from iclip.own_data.remarks import Remarks
from tests.support.own_data_files import write_image


def test_sizes_are_upright_and_in_order(tmp_path: Path) -> None:
    sizes = [(n + 1, 2 * n + 3) for n in range(150)]
    files = [write_image(tmp_path / f"{n}.png", size) for n, size in enumerate(sizes)]
    turned = write_image(tmp_path / "turned.jpg", (8, 5), orientation=6)
    remarks = Remarks("DIR")
    expected = [SizedImage(file, *size) for file, size in zip(files, sizes, strict=True)]
    assert sized_images([*files, turned], remarks) == [*expected, SizedImage(turned, 5, 8, 6)]
    assert remarks.omissions() == ()


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    import os

    files = [write_image(tmp_path / f"{n}.jpg") for n in range(20)]
    (tmp_path / "broken.jpg").write_bytes(b"text")
    os.mkfifo(tmp_path / "pipe.jpg")
    odd = [str(tmp_path / name) for name in ("absent.jpg", "broken.jpg", "pipe.jpg")]
    remarks = Remarks("DIR")
    found = sized_images([*odd, *files], remarks)
    assert found[:3] == [None] * 3 and None not in found[3:]
    kinds = {omission.what: omission for omission in remarks.omissions()}
    assert kinds["missing images"].count == 1
    assert kinds["images that cannot be read"].count == 2
    assert "broken.jpg: not an image" in kinds["images that cannot be read"].example


def test_many_missing_images_are_an_error(tmp_path: Path) -> None:
    files = [str(tmp_path / f"{n}.jpg") for n in range(2)]
    with pytest.raises(ValueError, match=r"2 missing images .*0.jpg.*fetch them"):
        sized_images(files, Remarks("DIR"))
