"""The test images of Caltech-101, which no list names."""

import shutil
from pathlib import Path

from iclip.zeroshot.classification_sets import ImageSet
from tests.zeroshot import kornblith_files as files
from tests.zeroshot.drawn_sets import check, opened, why_missing


def names_of(images: ImageSet, label: int) -> list[str]:
    rows = (images.labelled.labels == label).nonzero()[0].tolist()
    return [Path(images.reader.name(row)).name for row in rows]


def test_caltech101_draws_the_same_test_images_everywhere(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    images = opened("caltech101", tmp_path)
    # By coreutils' sha256sum, the last three of 33.
    expected = ["image_0006.jpg", "image_0011.jpg", "image_0012.jpg"]
    assert names_of(images, label=0) == expected
    assert len(images.reader) == 3 + 101


def test_caltech101_in_lower_case_is_the_same(tmp_path: Path):
    """By order, ``leopards`` would be called ``lamp``."""
    drawn = files.caltech101(tmp_path / "caltech101")
    root = tmp_path / "caltech101/caltech101/101_ObjectCategories"
    before = opened("caltech101", tmp_path)
    for folder in root.iterdir():
        folder.rename(folder.with_name("x"))
        folder.with_name("x").rename(folder.with_name(folder.name.lower().replace("_", "-")))
    after = opened("caltech101", tmp_path)
    check(after, drawn)
    assert [names_of(after, i) for i in range(102)] == [names_of(before, i) for i in range(102)]


def test_caltech101_without_its_background_says_so(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    shutil.rmtree(tmp_path / "caltech101/caltech101/101_ObjectCategories/BACKGROUND_Google")
    images = opened("caltech101", tmp_path)
    told = images.deviations(images.labelled.labels)
    assert told == ("101 of 6,084 images", "101 of 102 classes")


def test_folder_that_is_no_category_is_refused(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    (tmp_path / "caltech101/caltech101/101_ObjectCategories/zebra").mkdir()
    told = why_missing("caltech101", tmp_path)
    assert "101_ObjectCategories: 1 name of 103 that no class has: zebra; the classes are" in told


def test_caltech101_that_is_not_complete(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    (tmp_path / "caltech101/caltech101/101_ObjectCategories/emu/image_0007.jpg").unlink()
    told = why_missing("caltech101", tmp_path)
    assert "emu has 30 images, and 30 per class are left out for training: unpack" in told
