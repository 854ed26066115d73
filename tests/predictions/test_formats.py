"""Formats by the names that users give."""

from pathlib import Path

import pytest

from iclip.predictions.formats import FORMATS, check_formats, parse_formats, write_formats
from iclip.tasks import TRANSFERS
from tests.support.made_predictions import CLASSES, boxes, clip, segments

MADE = {"detection": boxes, "segmentation": segments, "video": clip}


def test_names_are_read_in_any_case_and_once():
    assert parse_formats("Pictures, COCO,coco,csv") == ("pictures", "coco", "csv")


@pytest.mark.parametrize("text", ["voc", "coco,", "", "coco yolo"])
def test_unknown_name_is_refused(text: str):
    with pytest.raises(ValueError, match=r"--format .* is not one of pictures, coco, yolo"):
        parse_formats(text)


@pytest.mark.parametrize("name", ["coco", "yolo", "fiftyone"])
def test_form_that_a_task_lacks_is_refused(name: str):
    with pytest.raises(
        ValueError, match=f"--format {name} has no form for predictions of video; take pictures"
    ):
        check_formats(["pictures", name], "video")


@pytest.mark.parametrize("task", MADE)
def test_all_forms_of_a_task_are_written(task: str, tmp_path: Path):
    names = ["pictures", *(name for name, form in FORMATS.items() if task in form.tasks)]
    written = write_formats(names, [MADE[task](file=None)], CLASSES, tmp_path)
    assert len(written) == len(names) - 1
    assert all(path.exists() for path in written)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found_is_written_too(name: str, tmp_path: Path):
    assert all(path.exists() for path in write_formats([name], [], CLASSES, tmp_path))


def test_every_task_has_a_form():
    for task in TRANSFERS:
        assert any(task in form.tasks for form in FORMATS.values())
