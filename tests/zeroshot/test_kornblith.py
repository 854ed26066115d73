"""Each of Kornblith's twelve sets, drawn on the disk as the original: split, labels and names."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from torchvision.datasets import cifar, flowers102

from iclip.zeroshot.benchmark_texts import benchmark_texts
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.classification_suites import SUITES, open_suite
from iclip.zeroshot.image_readers import read_image
from tests.zeroshot import kornblith_files as files
from tests.zeroshot.kornblith_pictures import number_of

# Table 1 of arXiv:1805.08974: classes and test images; of Caltech-101, 30 x 102 of 9,144 train.
SIZES = {
    "food101": (101, 25250), "cifar10": (10, 10000), "cifar100": (100, 10000),
    "birdsnap": (500, 2443), "sun397": (397, 19850), "stanford_cars": (196, 8041),
    "fgvc_aircraft": (100, 3333), "voc2007": (20, 4952), "dtd": (47, 1880),
    "oxford_pets": (37, 3669), "caltech101": (102, 9144 - 30 * 102), "flowers102": (102, 6149),
}  # fmt: skip
# Drawn with all of their classes.
FULL_CLASSES = ("oxford_pets", "flowers102")

MEAN_PER_CLASS = ("fgvc_aircraft", "oxford_pets", "caltech101", "flowers102")


@pytest.fixture
def no_checksums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of CIFAR's and Flowers' names are taken for the originals."""
    for module in (cifar, flowers102):
        monkeypatch.setattr(module, "check_integrity", lambda path, md5: Path(path).is_file())


def opened(name: str, data_root: Path) -> ImageSet:
    found, missing = open_suite("kornblith12", data_root, [name])
    assert not missing
    return found[name]


def why_missing(name: str, data_root: Path, suite: str = "kornblith12") -> str:
    found, (line,) = open_suite(suite, data_root, [name])
    assert not found
    return line


def what_is_shown(images: ImageSet) -> list[tuple[int, Any]]:
    """Number and name of each image, or for several classes the labels by name."""
    names = [text.names[0] for text in images.class_texts]
    read: list[tuple[int, Any]] = []
    for i, label in enumerate(images.labelled.labels.tolist()):
        picture = read_image(images.reader, i)
        if isinstance(label, list):
            shown = {name: value for name, value in zip(names, label, strict=True) if value}
        else:
            shown = names[label]
        read.append((number_of(picture), shown))
    return sorted(read, key=lambda pair: pair[0])


def check(images: ImageSet, drawn: files.Drawn) -> None:
    assert [text.names for text in images.class_texts] == [(name,) for name in drawn.names]
    assert what_is_shown(images) == sorted(drawn.shown.items())
    assert images.split == drawn.split


def test_every_set_is_drawn():
    assert list(files.DRAWERS) == list(SUITES["kornblith12"])


@pytest.mark.usefixtures("no_checksums")
@pytest.mark.parametrize("name", files.DRAWERS)
def test_split_labels_and_names_are_the_files(name: str, tmp_path: Path):
    drawn = files.DRAWERS[name](tmp_path / name)
    images = opened(name, tmp_path)
    check(images, drawn)
    special = dict.fromkeys(MEAN_PER_CLASS, "mean per class") | {"voc2007": "11-point mAP"}
    assert images.metric == special.get(name, "top-1")
    assert images.templates
    assert all(template.count("{}") == 1 for template in images.templates)
    assert not any("{c}" in template for template in images.templates)


@pytest.mark.parametrize("partition", ["Partitions", "SUN397", "SUN397/Partitions", None])
def test_sun397_with_its_lists_elsewhere_or_without(partition: str | None, tmp_path: Path):
    drawn = files.sun397(tmp_path / "sun397", partition)
    check(opened("sun397", tmp_path), drawn)


def test_caltech101_draws_the_same_test_images_everywhere(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    images = opened("caltech101", tmp_path)
    # By coreutils' sha256sum, the last three of 33.
    expected = ["image_0006.jpg", "image_0011.jpg", "image_0012.jpg"]
    assert names_of(images, label=0) == expected
    assert len(images.reader) == 3 + 101


def names_of(images: ImageSet, label: int) -> list[str]:
    rows = (images.labelled.labels == label).nonzero()[0].tolist()
    return [Path(images.reader.name(row)).name for row in rows]


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


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "flowers102"])
def test_files_with_other_checksums_are_refused(name: str, tmp_path: Path):
    files.DRAWERS[name](tmp_path / name)
    told = why_missing(name, tmp_path)
    assert "download" not in told.partition("downloads it)")[2]
    assert "has another checksum than the original" in told or "Dataset not found or c" in told
    assert "again below" in told


@pytest.mark.parametrize("name", files.DRAWERS)
def test_empty_folder_says_what_it_should_hold(name: str, tmp_path: Path):
    (tmp_path / name).mkdir()
    layout = SUITES["kornblith12"][name].layout
    told = why_missing(name, tmp_path)
    assert told.startswith(f"{name}: {tmp_path / name} ({layout}): ")
    first = SUITES["kornblith12"][name].needs[0]
    assert f"{tmp_path / name / first}" in told
    assert "is missing: unpack " in told
    assert "download=True" not in told


@pytest.mark.parametrize("name", files.DRAWERS)
def test_half_extracted_set_says_which_file_is_missing(name: str, tmp_path: Path):
    entry = SUITES["kornblith12"][name]
    (tmp_path / name).mkdir()
    for needed in entry.needs[:-1]:
        (tmp_path / name / needed).mkdir(parents=True)
    last = tmp_path / name / entry.needs[-1]
    told = why_missing(name, tmp_path)
    assert f"{last} is missing: unpack {entry.archive} below {tmp_path / name}" in told


@pytest.mark.usefixtures("no_checksums")
@pytest.mark.parametrize("name", [name for name in files.DRAWERS if name != "caltech101"])
def test_set_in_short_says_how_many_of_how_many(name: str, tmp_path: Path):
    files.DRAWERS[name](tmp_path / name)
    images = opened(name, tmp_path)
    told = images.deviations(images.labelled.labels)
    assert told[0] == f"{len(images.reader):,} of {SIZES[name][1]:,} images"
    assert any(line.endswith(f" of {SIZES[name][0]} classes") for line in told) == (
        name not in FULL_CLASSES
    )


def test_birdsnaps_species_that_are_not_there_are_told(tmp_path: Path):
    files.birdsnap(tmp_path / "birdsnap")
    (tmp_path / "birdsnap/test/Blue_Jay_499").rmdir()
    assert opened("birdsnap", tmp_path).changes == ("499 species instead of 500",)


def test_folder_that_is_no_category_is_refused(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    (tmp_path / "caltech101/caltech101/101_ObjectCategories/zebra").mkdir()
    told = why_missing("caltech101", tmp_path)
    assert "101_ObjectCategories: 1 name of 103 that no class has: zebra; the classes are" in told


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


def test_list_that_the_reader_cannot_read_names_the_archive(tmp_path: Path):
    files.dtd(tmp_path / "dtd")
    (tmp_path / "dtd/dtd/dtd/labels/test1.txt").write_text("banded\n")
    told = why_missing("dtd", tmp_path)
    assert "not enough values to unpack" in told
    assert f"unpack dtd-r1.0.1.tar.gz in a folder dtd again below {tmp_path / 'dtd'}" in told


def test_caltech101_that_is_not_complete(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    (tmp_path / "caltech101/caltech101/101_ObjectCategories/emu/image_0007.jpg").unlink()
    told = why_missing("caltech101", tmp_path)
    assert "emu has 30 images, and 30 per class are left out for training: unpack" in told


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


def test_names_without_clip_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files.dtd(tmp_path / "dtd")
    monkeypatch.setitem(sys.modules, "clip_benchmark.datasets", None)
    benchmark_texts.cache_clear()
    told = why_missing("dtd", tmp_path)
    assert "come from clip_benchmark, which is not installed: pip install 'iclip[suites]'" in told
