"""Faults of label maps, each found before the start and named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before mmseg)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.openmmlab.annotations.odd_data import (  # isort: skip
    HEIGHT,
    WIDTH,
    only,
    segmentation,
    write_image,
    write_map,
)

ORIENTATION = 0x0112


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
        (
            np.where(np.eye(HEIGHT, WIDTH) > 0, 255, 0).astype(np.uint8),
            {},
            "the only labels are 0 and 255, of 2 maps looked at; 3 classes are expected: labels 0 "
            "to 2, 255 is ignored. Black-and-white masks hold no classes",
        ),
        (
            np.full((HEIGHT, WIDTH), 3, np.uint8),
            {},
            "label maps with labels of no class, of 2 maps looked at: 2 (",
        ),
        (
            np.full((HEIGHT, WIDTH), 4, np.uint8),
            dict(reduce_zero_label=True),
            "3 classes are expected: labels 1 to 3, 0 is ignored, 255 is ignored "
            "(train_dataloader.dataset.reduce_zero_label=True)",
        ),
        (0, dict(reduce_zero_label=True), "every pixel is ignored, of 2 maps looked at; 3 classes"),
        (
            np.full((HEIGHT, WIDTH), 300, np.uint16),
            {},
            "label maps with labels above 255, of 2 maps looked at: 2 (",
        ),
    ],
)
def test_fault_is_named_and_counted(
    labels: Any, settings: dict[str, Any], told: str, tmp_path: Path
):
    problem = only(check_annotations(segmentation(tmp_path, labels, **settings)).problems)
    title = f"Annotations: {tmp_path}/images (train_dataloader.dataset.data_prefix.img_path)\n"
    assert problem.startswith(title)
    assert told in problem


@pytest.mark.parametrize(
    ("labels", "settings"),
    [
        (np.full((HEIGHT, WIDTH), 2, np.uint16), {}),  # 16 bits, small numbers
        (np.eye(HEIGHT, WIDTH) > 0, {}),  # one bit: labels 0 and 1
        (np.where(np.eye(HEIGHT, WIDTH) > 0, 255, 2).astype(np.uint8), {}),
        (np.full((HEIGHT, WIDTH), 3, np.uint8), dict(reduce_zero_label=True)),
    ],
    ids=["16 bits", "1 bit", "ignored", "from 1"],
)
def test_maps_that_the_reader_takes(labels: Any, settings: dict[str, Any], tmp_path: Path):
    assert check_annotations(segmentation(tmp_path, labels, **settings)).problems == ()


def test_rare_class_is_not_taken_for_black_and_white(tmp_path: Path):
    border = np.where(np.eye(HEIGHT, WIDTH) > 0, 255, 0).astype(np.uint8)
    cfg = segmentation(tmp_path, border, count=70, num_classes=2)
    assert "0 and 255, of 70 maps looked at" in only(check_annotations(cfg).problems)
    unsampled = sorted((tmp_path / "maps").iterdir())[-1]
    write_map(unsampled, 1)
    assert check_annotations(cfg).problems == ()


def test_palette_counts_by_its_numbers(tmp_path: Path):
    from PIL import Image

    cfg = segmentation(tmp_path)
    image = Image.fromarray(np.full((HEIGHT, WIDTH), 2, np.uint8), mode="P")
    image.putpalette([0, 0, 0, 9, 9, 9, 200, 30, 40])
    image.save(tmp_path / "maps/0.png")
    assert check_annotations(cfg).problems == ()


@pytest.mark.parametrize("color_type", ["color", "unchanged"])
def test_turned_image_is_measured_as_the_reader_reads_it(color_type: str, tmp_path: Path):
    from mmseg.registry import TRANSFORMS

    pipeline = [
        dict(type="LoadImageFromFile", color_type=color_type), dict(type="LoadAnnotations"),
    ]  # fmt: skip
    cfg = segmentation(tmp_path, pipeline=pipeline)
    from PIL import Image

    exif = Image.Exif()
    exif[ORIENTATION] = 6
    write_image(tmp_path / "images/0.jpg", exif=exif)
    reader = TRANSFORMS.build(dict(pipeline[0]))
    read = reader({"img_path": str(tmp_path / "images/0.jpg")})["img"].shape[:2]
    write_map(tmp_path / "maps/0.png", np.zeros(read, np.uint8))
    assert check_annotations(cfg).problems == ()
    write_map(tmp_path / "maps/0.png", np.zeros(read[::-1], np.uint8))
    assert "of another size than their image: 1" in only(check_annotations(cfg).problems)


@pytest.mark.parametrize("suffix", [".JPG", ".png", ".jpeg"])
def test_images_that_the_reader_does_not_list_stop(suffix: str, tmp_path: Path):
    cfg = segmentation(tmp_path, count=3)
    (tmp_path / "images/2.jpg").rename(tmp_path / f"images/2{suffix}")
    told = f"1 of 3 images end in {suffix}, the data set reads .jpg (2{suffix}): rename or convert"
    assert told in only(check_annotations(cfg).problems)


def test_files_that_are_no_images_are_counted(tmp_path: Path):
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


def test_maps_and_images_that_cannot_be_read(tmp_path: Path):
    cfg = segmentation(tmp_path, count=4)
    (tmp_path / "maps/0.png").unlink()
    (tmp_path / "maps/1.png").write_bytes(b"")
    (tmp_path / "images/2.jpg").write_bytes(b"no image")
    whole = (tmp_path / "maps/3.png").read_bytes()
    (tmp_path / "maps/3.png").write_bytes(whole[:60])
    problem = only(check_annotations(cfg).problems)
    assert "label maps that are not there: 1 (" in problem
    assert "label maps that cannot be read: 1 (" in problem
    assert "images that cannot be read: 1 (" in problem
    assert "label maps that cannot be read, of 2 maps looked at: 1 (" in problem


@pytest.mark.parametrize("in_pipeline", [True, False])
def test_zero_label_said_in_two_ways(in_pipeline: bool, tmp_path: Path):
    reader = dict(type="LoadAnnotations", reduce_zero_label=in_pipeline)
    cfg = segmentation(tmp_path, 1, pipeline=[reader], reduce_zero_label=not in_pipeline)
    problem = only(check_annotations(cfg).problems)
    assert f"dataset.reduce_zero_label={not in_pipeline}, and LoadAnnotations of" in problem


def test_classes_of_another_number(tmp_path: Path):
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
def test_nothing_is_found(change: dict[str, Any], told: str, tmp_path: Path):
    assert told in only(check_annotations(segmentation(tmp_path, **change)).problems)


def test_list_decides_which_images_are_read(tmp_path: Path):
    cfg = segmentation(tmp_path, count=3)
    (tmp_path / "images/2.jpg").rename(tmp_path / "images/2.JPG")
    (tmp_path / "list.txt").write_text("0\n1\n")
    cfg.train_dataloader.dataset.ann_file = "list.txt"
    findings = check_annotations(cfg)
    assert findings.problems == ()
    assert findings.read["train"].counts["images"] == 2


def test_images_without_maps_are_for_a_server(tmp_path: Path):
    cfg = segmentation(tmp_path, pipeline=[dict(type="LoadImageFromFile")])
    for file in (tmp_path / "maps").iterdir():
        file.unlink()
    findings = check_annotations(cfg)
    assert findings.problems == ()
    assert str(findings.read["train"]).endswith("images: 2 images")
