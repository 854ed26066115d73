"""Faults of images and label maps, each found before the start and named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before mmseg)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    HEIGHT,
    WIDTH,
    only,
    segmentation,
)


def test_correct_maps_have_no_findings(tmp_path: Path):
    findings = check_annotations(segmentation(tmp_path))
    assert (findings.problems, findings.notes) == ((), ())
    expected = "images: 2 images, 2 label maps; checked: sizes of all, labels of 2"
    assert str(findings.read["train"]).endswith(expected)


def channels(count: int) -> np.ndarray:
    return np.zeros((HEIGHT, WIDTH, count), dtype=np.uint8)


@pytest.mark.parametrize(
    ("labels", "settings", "told"),
    [
        (
            np.zeros((WIDTH, HEIGHT), np.uint8),
            {},
            "maps/1.png is 80 x 100, the image 100 x 80); make them equal",
        ),
        (channels(3), {}, "label maps of several channels: 2 ("),
        (channels(4), {}, "maps/0.png: 4 channels"),
        (channels(2), {}, "maps/0.png: 2 channels"),
    ],
)
def test_fault_is_named_and_counted(
    labels: Any, settings: dict[str, Any], told: str, tmp_path: Path
):
    problem = only(check_annotations(segmentation(tmp_path, labels, **settings)).problems)
    title = f"Annotations: {tmp_path}/images (train_dataloader.dataset.data_prefix.img_path)\n"
    assert problem.startswith(title)
    assert told in problem


@pytest.mark.parametrize("suffix", [".JPG", ".png", ".jpeg"])
def test_images_that_the_reader_does_not_list_stop(suffix: str, tmp_path: Path):
    cfg = segmentation(tmp_path, count=3)
    (tmp_path / "images/2.jpg").rename(tmp_path / f"images/2{suffix}")
    told = f"1 of 3 images end in {suffix}, the data set reads .jpg (2{suffix}): rename or convert"
    assert told in only(check_annotations(cfg).problems)


def test_other_files_are_counted(tmp_path: Path):
    cfg = segmentation(tmp_path)
    for name in ("._0.jpg", "readme.txt", "Thumbs.db"):
        (tmp_path / "images" / name).write_bytes(b"x")
    told = str(check_annotations(cfg).read["train"])
    for part in ("1 hidden file", "1 .txt file", "1 .db file"):
        assert part in told


def test_masks_may_lie_beside_their_images(tmp_path: Path):
    cfg = segmentation(tmp_path)
    for file in (tmp_path / "maps").iterdir():
        file.rename(tmp_path / "images" / file.name)
    cfg.train_dataloader.dataset.data_prefix.seg_map_path = "images"
    assert check_annotations(cfg).problems == ()


def test_unreadable_maps_and_images_are_named(tmp_path: Path):
    cfg = segmentation(tmp_path, count=4)
    (tmp_path / "maps/0.png").unlink()
    (tmp_path / "maps/1.png").write_bytes(b"")
    (tmp_path / "images/2.jpg").write_bytes(b"no image")
    whole = (tmp_path / "maps/3.png").read_bytes()
    (tmp_path / "maps/3.png").write_bytes(whole[:60])
    problem = only(check_annotations(cfg).problems)
    assert "missing label maps: 1 (" in problem
    assert "label maps that cannot be read: 1 (" in problem
    assert "images that cannot be read: 1 (" in problem
    assert "label maps that cannot be read, of 2 maps looked at: 1 (" in problem


def test_number_of_classes_is_compared_with_the_models(tmp_path: Path):
    cfg = segmentation(tmp_path)
    cfg.model.decode_head.num_classes = 19
    told = "BaseSegDataset has 3 classes, the model 19: set model.decode_head.num_classes=3"
    assert told in only(check_annotations(cfg).problems)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (dict(data_prefix=dict(img_path="absent", seg_map_path="maps")), "there is no such folder"),
        (dict(img_suffix=".tif"), "it holds no image of the data set: no file ends in .tif"),
        (dict(ann_file="absent.txt"), "absent.txt (train_dataloader.dataset.ann_file)"),
    ],
)
def test_empty_data_set_says_why(change: dict[str, Any], told: str, tmp_path: Path):
    assert told in only(check_annotations(segmentation(tmp_path, **change)).problems)


def test_list_decides_which_images_are_read(tmp_path: Path):
    cfg = segmentation(tmp_path, count=3)
    (tmp_path / "images/2.jpg").rename(tmp_path / "images/2.JPG")
    (tmp_path / "list.txt").write_text("0\n1\n")
    cfg.train_dataloader.dataset.ann_file = "list.txt"
    findings = check_annotations(cfg)
    assert findings.problems == ()
    assert findings.read["train"].counts["images"] == 2


def test_maps_are_not_needed_where_no_step_reads_them(tmp_path: Path):
    cfg = segmentation(tmp_path, pipeline=[dict(type="LoadImageFromFile")])
    for file in (tmp_path / "maps").iterdir():
        file.unlink()
    findings = check_annotations(cfg)
    assert findings.problems == ()
    assert str(findings.read["train"]).endswith("images: 2 images")
