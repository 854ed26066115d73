"""Lists of the images of each part."""

from pathlib import Path

import pytest

from iclip.own_data.part_lists import listed_parts
from iclip.own_data.remarks import Remarks

PAIRS = [(f"/d/images/{name}.jpg", f"/d/masks/{name}.png") for name in ("a b", "c/d", "e")]


def parts_of(tmp_path: Path, remarks: Remarks, **lists: str) -> dict[str, list[tuple[str, str]]]:
    files = {}
    for part, text in lists.items():
        files[part] = [tmp_path / f"{part}.txt"]
        files[part][0].write_bytes(text.encode())
    return listed_parts(PAIRS, Path("/d/images"), files, remarks)


def test_names_with_and_without_extension(tmp_path: Path):
    remarks = Remarks("data")
    found = parts_of(tmp_path, remarks, train="\ufeffa b\r\nc/d.jpg\r\na b.jpg\r\n\r\n", val="e")
    assert found == {"train": PAIRS[:2], "val": PAIRS[2:]}
    assert remarks.omissions() == ()


def test_images_without_a_list_and_names_without_an_image_are_counted(tmp_path: Path):
    remarks = Remarks("data")
    parts_of(tmp_path, remarks, train="a b\ngone\n")
    assert [str(omission) for omission in remarks.omissions()] == [
        "2 images with a mask that no list names (/d/images/c/d.jpg)",
        "1 listed name without an image or a mask (gone of train.txt)",
    ]


def test_list_of_other_names_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"has 2 names, and none of them .* \(nothing, here\)"):
        parts_of(tmp_path, Remarks("data"), train="nothing\nhere\n")
