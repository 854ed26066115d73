"""A trained model predicts on what a user has; batches and forms of input change nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iclip.predict.trained_model import TrainedModel
from tests.support.framework_predictions import noise, picture_size, write_noise
from tests.support.video_files import write_lighter_and_lighter


@pytest.fixture
def detector(models: Mapping[str, TrainedModel]) -> TrainedModel:
    return models["lvis_frcnn"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        height, width = ((64, 96), (64, 96), (80, 64))[number]
        Image.fromarray(noise(height, width, seed=number)).save(tmp_path / "in" / name)
    return tmp_path / "in"


def test_boxes_are_arrays(detector: TrainedModel):
    found = detector.predict(noise(), score_threshold=0)
    count = len(found.labels)
    assert count and found.boxes.shape == (count, 4) and found.boxes.dtype == np.float32
    assert found.scores.dtype == np.float32 and found.labels.dtype == np.int64
    assert set(found.names) <= {*detector.classes}
    assert found.boxes.min() >= 0 and found.boxes[:, 2].max() <= 116


def test_form_of_the_input_does_not_matter(detector: TrainedModel, tmp_path: Path):
    file = write_noise(tmp_path / "a.png")
    expected = detector.predict(noise(), score_threshold=0).boxes
    for given in (file, str(file), tmp_path, Image.open(file), [file]):
        found = detector.predict(given, score_threshold=0)
        np.testing.assert_array_equal(found.boxes, expected)


def test_batch_equals_one_by_one(detector: TrainedModel, folder: Path):
    together = detector.predict(folder, score_threshold=0, batch_size=3)
    alone = detector.predict(folder, score_threshold=0)
    assert [found.file.name for found in together] == ["a.png", "b.png", "c.png"]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-2)
        np.testing.assert_array_equal(one.labels, other.labels)


def test_low_scores_are_left_out(detector: TrainedModel):
    found = detector.predict(noise(), score_threshold=0)
    limit = float(np.sort(found.scores)[len(found.scores) // 2])
    assert (detector.predict(noise(), score_threshold=limit).scores >= np.float32(limit)).all()
    assert not len(detector.predict(noise(), score_threshold=1)[0])


def test_masks_are_arrays(models: Mapping[str, TrainedModel]):
    found = models["ade20k_maskformer"].predict(noise())
    assert found.label_map.shape == (96, 116) and found.label_map.min() >= 0
    assert found.masks.shape == (len(found.labels), 96, 116) and found.scores is None
    np.testing.assert_array_equal(found.masks.sum(0), 1)


def test_videos_have_scores_of_all_classes(models: Mapping[str, TrainedModel], tmp_path: Path):
    clips = [write_lighter_and_lighter(tmp_path / f"{name}.mp4", frames=40) for name in "ab"]
    found = models["k400_video_swin"].predict(clips, batch_size=2)
    assert len(found) == 2
    for clip in found:
        assert clip.scores.sum() == pytest.approx(1) and sorted(clip.labels) == [*range(8)]
        assert (np.diff(clip.scores) <= 0).all()
    found.save(tmp_path / "out")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.jpg", "b.jpg"]


def test_frames_of_a_video_are_predictions(detector: TrainedModel, tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=24, rate=8)
    found = detector.predict(clip, every=1.5)
    assert [frame.seconds for frame in found] == [0.0, 1.5]
    assert all(frame.file == clip for frame in found)


@pytest.mark.parametrize("given", ["file", "array", "frame"])
def test_picture_is_drawn_over_the_image(given: str, detector: TrainedModel, tmp_path: Path):
    file = write_noise(tmp_path / "a.png")
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=8)
    source: Any = {"file": file, "array": noise(), "frame": clip}[given]
    found = detector.predict(source, score_threshold=0)
    found.save(tmp_path / "out.jpg")
    size = (64, 48) if given == "frame" else (116, 96)
    factor = -(-640 // min(size))
    assert picture_size(tmp_path / "out.jpg") == (size[0] * factor, size[1] * factor)


def test_file_that_cannot_be_read_is_named(detector: TrainedModel, folder: Path):
    (folder / "b.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"b\.png cannot be predicted on: not an image"):
        detector.predict(folder)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_files_that_cannot_be_read_may_be_skipped(
    batch_size: int, detector: TrainedModel, folder: Path
):
    (folder / "b.png").write_bytes(b"no image")
    write_noise(folder / "d.png", 3000, 2)  # too narrow to be resized
    found = detector.predict(folder, batch_size=batch_size, skip_unreadable=True)
    assert [entry.title for entry in found] == ["a", "c"]
    assert [Path(name).name for name in found.failed] == ["b.png", "d.png"]
    assert "cannot take an image of 2 x 3000 pixels" in found.failed[str(folder / "d.png")]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"score_threshold": 1.5}, "score_threshold=1.5: give a number from 0 to 1"),
        ({"score_threshold": float("nan")}, "score_threshold=nan"),
        ({"batch_size": 0}, "batch_size=0: give a whole number from 1 up"),
        ({"batch_size": 2.0}, "batch_size=2.0"),
        ({"every": 0}, "every=0: give seconds above 0"),
        ({"every": float("nan")}, "every=nan"),
    ],
)
def test_settings_out_of_range_are_named(
    settings: dict[str, Any], told: str, detector: TrainedModel
):
    with pytest.raises(ValueError, match=told):
        detector.predict(noise(), **settings)


def test_predictions_are_written_for_other_tools(
    detector: TrainedModel, folder: Path, tmp_path: Path
):
    found = detector.predict(folder, score_threshold=0)
    paths = found.write(tmp_path / "out", ["coco", "yolo", "labelstudio", "fiftyone", "csv"])
    assert all(path.exists() for path in paths) and len(paths) == 5
