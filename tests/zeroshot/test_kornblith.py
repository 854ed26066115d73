"""Each of Kornblith's twelve sets, drawn on the disk as the original: split, labels and names."""

from pathlib import Path

import pytest
from torchvision.datasets import cifar, flowers102

from iclip.zeroshot.classification_suites import SUITES
from tests.zeroshot import kornblith_files as files
from tests.zeroshot.drawn_sets import check, opened, why_missing

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
