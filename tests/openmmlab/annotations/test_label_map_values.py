"""Labels in label maps, checked before the start."""

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
    write_map,
)


@pytest.mark.parametrize(
    ("labels", "settings", "told"),
    [
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
def test_maps_that_the_reader_takes_have_no_findings(
    labels: Any, settings: dict[str, Any], tmp_path: Path
):
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


@pytest.mark.parametrize("in_pipeline", [True, False])
def test_reduce_zero_label_must_be_equal_in_data_set_and_pipeline(
    in_pipeline: bool, tmp_path: Path
):
    reader = dict(type="LoadAnnotations", reduce_zero_label=in_pipeline)
    cfg = segmentation(tmp_path, 1, pipeline=[reader], reduce_zero_label=not in_pipeline)
    problem = only(check_annotations(cfg).problems)
    assert f"dataset.reduce_zero_label={not in_pipeline}, and LoadAnnotations of" in problem
