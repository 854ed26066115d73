"""Each of Kornblith's twelve sets, drawn on the disk as the original: split, labels and names."""

import sys
from pathlib import Path
from typing import Any

import pytest
from torchvision.datasets import cifar, flowers102

from iclip.zeroshot import image_sets
from iclip.zeroshot.classify import open_suite
from iclip.zeroshot.image_sets import SUITES, ImageSet
from tests.zeroshot import kornblith_files as files
from tests.zeroshot.kornblith_pictures import number_of

MEAN_PER_CLASS = ("fgvc_aircraft", "oxford_pets", "caltech101", "flowers102")


@pytest.fixture
def no_checksums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of CIFAR's and Flowers' names are taken for the originals."""
    for module in (cifar, flowers102):
        monkeypatch.setattr(module, "check_integrity", lambda path, md5: Path(path).is_file())


def opened(name: str, data_root: Path) -> ImageSet:
    found, missing = open_suite("kornblith12", data_root, [name])
    assert not missing
    return found[name][0]


def why_missing(name: str, data_root: Path, suite: str = "kornblith12") -> str:
    found, (line,) = open_suite(suite, data_root, [name])
    assert not found
    return line


def what_is_shown(images: ImageSet) -> list[tuple[int, Any]]:
    """Number and name of each picture, or for several classes the labels by name."""
    names = [text.names[0] for text in images.class_texts]
    read: list[tuple[int, Any]] = []
    for i in range(len(images.pictures)):
        picture, label = images.pictures[i]
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
    pictures: Any = opened("caltech101", tmp_path).pictures
    # By coreutils' sha256sum, the last three of 33.
    expected = ["image_0006.jpg", "image_0011.jpg", "image_0012.jpg"]
    assert [file.name for file, label in pictures.files if label == 0] == expected
    assert len(pictures) == 3 + 101


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "flowers102"])
def test_files_with_other_checksums_are_refused(name: str, tmp_path: Path):
    files.DRAWERS[name](tmp_path / name)
    assert "Dataset not found or corrupted" in why_missing(name, tmp_path)


@pytest.mark.parametrize("name", files.DRAWERS)
def test_empty_folder_says_what_it_should_hold(name: str, tmp_path: Path):
    (tmp_path / name).mkdir()
    layout = SUITES["kornblith12"][name].layout
    told = why_missing(name, tmp_path)
    assert told.startswith(f"{name}: {tmp_path / name} ({layout}): ")
    assert "not found" in told or "has 0 folders, not" in told


@pytest.mark.parametrize(
    ("suite", "name", "below", "count"),
    [
        ("kornblith12", "birdsnap", "birdsnap/test", 500),
        ("kornblith12", "caltech101", "caltech101/caltech101/101_ObjectCategories", 102),
        ("imagenet1k", "imagenet1k", "in1k/val", 1000),
    ],
)
def test_class_more_or_less_is_refused(
    suite: str, name: str, below: str, count: int, tmp_path: Path
):
    for i in range(count + 1):
        (tmp_path / below / f"{i:04}").mkdir(parents=True)
    told = why_missing(name, tmp_path, suite)
    assert f"{below} has {count + 1} folders, not {count}, one a class" in told
    for i in (0, 1):
        (tmp_path / below / f"{i:04}").rmdir()
    told = why_missing(name, tmp_path, suite)
    assert f"{below} has {count - 1} folders, not {count}, one a class" in told


def test_caltech101_that_is_not_complete(tmp_path: Path):
    files.caltech101(tmp_path / "caltech101")
    (tmp_path / "caltech101/caltech101/101_ObjectCategories/emu/image_0007.jpg").unlink()
    told = why_missing("caltech101", tmp_path)
    assert "emu has 30 images, and 30 a category are left out for training: unpack" in told


@pytest.mark.parametrize("line", ["/a/abby/sun_1.jpg", "/a/sun_1.jpg", "abbey/sun_1.jpg"])
def test_sun397s_list_with_another_class(line: str, tmp_path: Path):
    files.sun397(tmp_path / "sun397")
    with open(tmp_path / "sun397/Testing_01.txt", "a") as listing:
        listing.write(f"{line}\n")
    told = why_missing("sun397", tmp_path)
    assert "Testing_01.txt has 1 lines that are not /<letter>/<class>/<image> with a class" in told
    assert f"such as {line}: take it from SUN397's Partitions.zip, or remove it" in told


def test_sun397s_list_with_an_image_that_is_not_there(tmp_path: Path):
    files.sun397(tmp_path / "sun397")
    (tmp_path / "sun397/SUN397/a/abbey/sun_0.jpg").unlink()
    with pytest.raises(OSError, match=r"abbey/sun_0\.jpg \(.*No such file"):
        _ = opened("sun397", tmp_path).pictures[0]


def test_names_without_clip_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files.dtd(tmp_path / "dtd")
    monkeypatch.setitem(sys.modules, "clip_benchmark.datasets", None)
    image_sets._benchmark.cache_clear()
    told = why_missing("dtd", tmp_path)
    assert "come from clip_benchmark, which is not installed: pip install 'iclip[suites]'" in told
