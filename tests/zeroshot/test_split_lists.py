"""The lists of test images that torchvision does not read: elsewhere, odd or damaged."""

from pathlib import Path

import pytest

from tests.zeroshot import kornblith_files as files
from tests.zeroshot.drawn_sets import check, opened, why_missing


@pytest.mark.parametrize("partition", ["Partitions", "SUN397", "SUN397/Partitions", None])
def test_sun397_with_its_lists_elsewhere_or_without(partition: str | None, tmp_path: Path):
    drawn = files.sun397(tmp_path / "sun397", partition)
    check(opened("sun397", tmp_path), drawn)


@pytest.mark.parametrize("line", ["/a/abby/sun_1.jpg", "/a/sun_1.jpg", "abbey/sun_1.jpg"])
def test_sun397s_list_with_another_class(line: str, tmp_path: Path):
    files.sun397(tmp_path / "sun397")
    with open(tmp_path / "sun397/Testing_01.txt", "a") as listing:
        listing.write(f"{line}\n")
    told = why_missing("sun397", tmp_path)
    assert "Testing_01.txt has 1 line other than /<letter>/<class>/<image> with a class" in told
    assert f": {line}. Take it from SUN397's Partitions.zip, or remove it" in told


def test_sun397s_list_with_an_image_that_is_not_there(tmp_path: Path):
    files.sun397(tmp_path / "sun397")
    (tmp_path / "sun397/SUN397/a/abbey/sun_0.jpg").unlink()
    with pytest.raises(OSError, match=r"No such file .*abbey/sun_0\.jpg"):
        opened("sun397", tmp_path).reader.content(0)


def test_pets_label_of_another_breed_is_refused(tmp_path: Path):
    files.oxford_pets(tmp_path / "oxford_pets")
    listing = tmp_path / "oxford_pets/oxford-iiit-pet/annotations/test.txt"
    lines = listing.read_text().splitlines()
    listing.write_text("\n".join([*lines[:2], lines[2].replace(" 35 ", " 34 "), *lines[3:]]))
    told = why_missing("oxford_pets", tmp_path)
    assert "test.txt:3: 'staffordshire_bull_terrier_34 34 1 1' is not <breed>_<number>" in told


def test_pets_list_in_another_encoding(tmp_path: Path):
    drawn = files.oxford_pets(tmp_path / "oxford_pets")
    listing = tmp_path / "oxford_pets/oxford-iiit-pet/annotations/test.txt"
    listing.write_text("# Image CLASS-ID\n" + listing.read_text(), encoding="utf-16")
    check(opened("oxford_pets", tmp_path), drawn)


def test_voc_annotation_that_is_cut_is_named(tmp_path: Path):
    files.voc2007(tmp_path / "voc2007")
    file = tmp_path / "voc2007/VOCdevkit/VOC2007/Annotations/000001.xml"
    file.write_text(file.read_text()[:40])
    assert f"{file} cannot be read (" in why_missing("voc2007", tmp_path)
