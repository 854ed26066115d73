"""Each form is read whole: the samples, classes, boxes and labels that were written."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iclip.own_data import recognize
from iclip.own_data.catalog import FORMATS
from tests.forms.catalog import DETECTION, FORMS, SEGMENTATION, VIDEO, Form
from tests.forms.subjects import CLASSES, Clip, Subject, divided
from tests.forms.trial import what_was_recognized

PER_CLASS = 5
# What Cityscapes' form makes of an animal.
CITY = {"background": "road", "bird": "person", "dog": "bicycle"}
WIDTH, HEIGHT = 48, 32


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> list[Subject]:
    """Images that differ, with a rectangle each."""
    folder = tmp_path_factory.mktemp("drawn")
    return [drawn(folder, name, number) for name in CLASSES for number in range(PER_CLASS)]


def drawn(folder: Path, name: str, number: int) -> Subject:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[4 + number : 24 + number, 6 + 2 * number : 30 + 2 * number] = True
    file = folder / f"{name}{number}.jpg"
    Image.new("RGB", (WIDTH, HEIGHT), (20 * number, 9 * len(name), 90)).save(file)
    return Subject(file, name, mask)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Files that differ: only training decodes them."""
    folder = tmp_path_factory.mktemp("filmed")
    found = [Clip(folder / f"{name} {number}.mp4", name) for name in ("arm wrestling", "dancing")
             for number in range(PER_CLASS)]  # fmt: skip
    for clip in found:
        clip.file.write_text(clip.file.name)
    return found


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_form_is_read_as_written(
    form: Form, subjects: list[Subject], clips: list[Clip], tmp_path: Path
):
    written: list[Any] = clips if form.task == VIDEO else subjects
    form.write(tmp_path, written)
    data = recognize(tmp_path, form.task)
    assert data.format == form.format
    assert len(data.parts["train"]) > 0
    by_content = {content(sample.file): sample for sample in written}
    count = 0
    for part in ("train", "val", "test"):
        for sample in data.parts.get(part, ()):
            origin = by_content.get(content(sample.file))
            check(form, sample, data.classes, origin)
            count += origin is not None
    assert count >= len(written)


def content(file: str | Path) -> bytes:
    """The pixels of an image, which some forms store anew, or the bytes of a video."""
    if Path(file).suffix == ".mp4":
        return Path(file).read_bytes()
    with Image.open(file) as image:
        return image.tobytes()


def check(form: Form, sample: Any, classes: tuple[str, ...], origin: Any) -> None:
    if form.task == DETECTION:
        np.testing.assert_allclose(sample.boxes, [origin.box], atol=0.5)
        assert [classes[label] for label in sample.labels] == [origin.name]
    elif form.task == SEGMENTATION:
        check_mask(sample.mask.label_map(), classes, origin)
    else:
        assert plain(classes[sample.label]) == plain(origin.name)


def check_mask(labels: np.ndarray, classes: tuple[str, ...], origin: Subject) -> None:
    """Most pixels have the label of the object or of the background: outlines are inexact."""
    inside, outside = labels[origin.mask], labels[~origin.mask]
    names = [Counter(part[part != 255].tolist()).most_common(1)[0] for part in (inside, outside)]
    (label, count), (rest, rest_count) = names
    assert classes[label] in (origin.name, "foreground", CITY[origin.name])
    assert classes[rest] in ("background", CITY["background"])
    assert count + rest_count > 0.8 * labels.size


def plain(name: str) -> str:
    return "".join(filter(str.isalpha, name.lower()))


def test_each_format_has_a_form():
    known = {(entry.NAME, task) for entry in FORMATS for task in entry.TASKS}
    assert {(form.format, form.task) for form in FORMS} == known


def test_names_differ():
    assert len({form.name for form in FORMS}) == len(FORMS)


def test_each_class_is_in_both_parts(subjects: list[Subject]):
    parts = divided(subjects)
    assert len(parts.train) + len(parts.val) == len(subjects)
    assert {s.name for s in parts.train} == {s.name for s in parts.val} == set(CLASSES)


def test_what_was_recognized_is_taken_from_what_the_hub_says():
    parts = ["  train  18 images  18 boxes", "  val    6 images"]
    lines = ["noise", "/a b: c: YOLO, detection", *parts, "2 classes:", "  bird  9"]
    assert what_was_recognized(lines, "detection") == "YOLO: train 18 images 18 boxes; val 6 images"
    assert what_was_recognized(["it failed"], "detection") == ""
