"""A data set of a suite: what is missing of it, and how it deviates from its protocol."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.class_folders import LabelledSet
from iclip.zeroshot.classification_sets import ImageSet, present_classes
from iclip.zeroshot.classification_suites import SUITES
from iclip.zeroshot.image_readers import ImageArrays
from tests.zeroshot import kornblith_files as files
from tests.zeroshot.drawn_sets import why_missing

LABELS = np.array([2, 0, 2, 5])


def image_set(**settings: Any) -> ImageSet:
    images = ImageArrays(np.zeros((4, 8, 8, 3), np.uint8))
    texts = ClassTexts([ClassText(str(i), (f"name {i}",)) for i in range(6)])
    return ImageSet(LabelledSet(images, LABELS), texts, ["a {}"], "top-1", "test", **settings)


def test_classes_with_several_labels_per_image_are_counted_as_in_a_loop():
    labels = np.random.default_rng(0).integers(-1, 2, (3, 12))
    seen = {column for row in labels for column, value in enumerate(row) if value == 1}
    assert 0 < len(seen) < 12
    assert present_classes(labels) == len(seen)


def test_classes_with_one_label_per_image_are_counted_once():
    assert present_classes(LABELS) == 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"expected_images": 9}, ()),
        ({"protocol": "p", "expected_images": 4, "expected_classes": 3}, ()),
        ({"protocol": "p"}, ()),
        (
            {"protocol": "p", "expected_images": 6_084, "expected_classes": 102},
            ("4 of 6,084 images", "3 of 102 classes"),
        ),
        ({"protocol": "p", "expected_classes": 5, "changes": ("x",)}, ("3 of 5 classes", "x")),
    ],
)
def test_deviations_are_what_differs_from_the_protocol(settings: dict[str, Any], expected: tuple):
    assert image_set(**settings).deviations(LABELS) == expected


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "flowers102"])
def test_files_with_other_checksums_are_refused(name: str, tmp_path: Path):
    files.DRAWERS[name](tmp_path / name)
    told = why_missing(name, tmp_path)
    assert "download" not in told.partition("downloads it)")[2]
    assert "has another checksum than the original" in told or "Dataset not found or c" in told
    assert "again below" in told


@pytest.mark.parametrize("name", files.DRAWERS)
def test_half_extracted_set_says_which_file_is_missing(name: str, tmp_path: Path):
    entry = SUITES["kornblith12"][name]
    (tmp_path / name).mkdir()
    for needed in entry.needs[:-1]:
        (tmp_path / name / needed).mkdir(parents=True)
    last = tmp_path / name / entry.needs[-1]
    told = why_missing(name, tmp_path)
    assert f"{last} is missing: unpack {entry.archive} below {tmp_path / name}" in told


def test_list_that_the_reader_cannot_read_names_the_archive(tmp_path: Path):
    files.dtd(tmp_path / "dtd")
    (tmp_path / "dtd/dtd/dtd/labels/test1.txt").write_text("banded\n")
    told = why_missing("dtd", tmp_path)
    assert "not enough values to unpack" in told
    assert f"unpack dtd-r1.0.1.tar.gz in a folder dtd again below {tmp_path / 'dtd'}" in told
