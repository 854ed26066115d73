"""Several predictions: a list, whose single member's arrays are attributes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iclip.predictions import Prediction, Predictions
from iclip.predictions.coco import as_coco
from tests.support.made_predictions import CLASSES, boxes, clip, segments


def several(*found: Prediction, **settings: object) -> Predictions:
    return Predictions(found, found[0].task if found else "detection", CLASSES, **settings)


def drawn(prediction: Prediction, title: str) -> Prediction:
    return replace(prediction, title=title, drawn=lambda _: np.zeros((4, 6, 3), np.uint8))


def test_predictions_are_a_sequence():
    found = several(boxes(title="a"), boxes(title="b"), boxes(title="c"))
    assert len(found) == 3 and [entry.title for entry in found] == ["a", "b", "c"]
    assert found[1].title == "b" and found[-1].title == "c"
    assert isinstance(found[1:], Predictions) and len(found[1:]) == 2
    with pytest.raises(IndexError):
        found[3]


@pytest.mark.parametrize("name", ["labels", "names", "scores", "boxes"])
def test_arrays_of_a_single_one_are_attributes(name: str):
    np.testing.assert_array_equal(getattr(several(boxes()), name), getattr(boxes(), name))


@pytest.mark.parametrize("name", ["masks", "label_map"])
def test_masks_of_a_single_one_are_attributes(name: str):
    np.testing.assert_array_equal(getattr(several(segments()), name), getattr(segments(), name))
    assert getattr(several(boxes()), name) is None


@pytest.mark.parametrize("found", [(), (boxes(), boxes())])
@pytest.mark.parametrize("name", ["labels", "names", "scores", "boxes", "masks", "label_map"])
def test_arrays_of_several_are_asked_for_one_by_one(name: str, found: tuple[Prediction, ...]):
    with pytest.raises(ValueError, match=rf"{name} of {len(found)} predictions is asked for"):
        getattr(several(*found), name)


def test_titles_that_are_taken_get_a_number():
    found = several(boxes(title="a"), boxes(title="A"), boxes(title="b"), boxes(title="a"))
    assert [entry.title for entry in found] == ["a", "A_2", "b", "a_3"]


def test_repr_says_how_many_and_the_first():
    assert repr(several(boxes())) == (
        "<1 prediction of detection: [<Prediction a b: 1 bird, small, 1 cat>]>"
    )
    many = several(*[boxes()] * 5, failed={"x.jpg": "broken"})
    assert repr(many).startswith("<5 predictions of detection, 1 failed: [")
    assert repr(many).endswith(", ...]>")


def test_single_drawing_is_saved_as_a_file(tmp_path: Path):
    several(drawn(boxes(), "a")).save(tmp_path / "x.png")
    assert [file.name for file in tmp_path.iterdir()] == ["x.png"]


def test_drawings_are_saved_into_a_folder(tmp_path: Path):
    several(drawn(boxes(), "a"), drawn(boxes(), "a")).save(tmp_path / "new")
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == ["a.jpg", "a_2.jpg"]


def test_several_drawings_are_not_one_file(tmp_path: Path):
    with pytest.raises(ValueError, match="of 2 predictions is asked for"):
        several(drawn(boxes(), "a"), drawn(boxes(), "b")).save(tmp_path / "x.png")


def test_formats_are_those_of_the_modules(tmp_path: Path):
    found = several(boxes())
    assert found.to_coco() == as_coco([boxes()], CLASSES)
    assert list(found.to_yolo()) == ["a b"]
    assert found.to_labelstudio(model="m")[0]["predictions"][0]["model_version"] == "m"
    assert len(found.to_fiftyone()["labels"]) == 1
    assert found.to_csv().startswith("file,seconds,class,")
    (path,) = found.write(tmp_path, ["coco"])
    assert json.loads(path.read_text()) == found.to_coco()


@pytest.mark.parametrize("form", ["to_coco", "to_yolo", "to_fiftyone"])
def test_form_that_videos_lack_is_refused(form: str):
    with pytest.raises(ValueError, match="has no form for predictions of video"):
        getattr(several(clip()), form)()


def test_masks_are_files_for_fiftyone():
    with pytest.raises(ValueError, match=r"predictions\.write\(FOLDER, \['fiftyone'\]\)"):
        several(segments()).to_fiftyone()
