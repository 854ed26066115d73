"""Odd boxes of detection's annotation files, counted or refused before the start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import iclip.openmmlab  # noqa: F401  (before mmdet)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    fault_of_detection,
    Content,
    detection,
    lvis_content,
    only,
    set_in,
)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            set_in("annotations", 0, bbox=[1, 2, 3]),
            "boxes that are not four numbers, or whose area is not a number: 1 (annotation 11 of",
        ),
        (set_in("annotations", 0, bbox=["1", "2", "3", "4"]), "boxes that are not four numbers"),
        (set_in("annotations", 0, area=None), "boxes that are not four numbers, or whose area is"),
        (
            set_in("annotations", 0, bbox=[1, float("nan"), 9, 9]),
            "boxes with NaN or infinite numbers: 1 (annotation 11 of image 1, category 5); correct",
        ),
    ],
)
def test_fault_is_named_and_counted(spoil: Callable[[Content], Any], told: str, tmp_path: Path):
    assert told in fault_of_detection(spoil, tmp_path)


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ([200, 10, 5, 5], "boxes without a pixel in their image: 1 (annotation 11 of image 1,"),
        ([10, -30, 5, 20], "boxes without a pixel in their image: 1"),
        ([10, 10, 0.5, 9], "boxes narrower or lower than a pixel, or with an area of zero or less"),
        ([10, 10, -5, 9], "boxes narrower or lower than a pixel"),
        ([90, 10, 30, 9], "boxes that reach beyond their image: 1"),
    ],
)
def test_few_odd_boxes_are_counted(box: list[float], told: str, tmp_path: Path):
    content = lvis_content(tmp_path, count=10)
    content["annotations"][0]["bbox"] = box
    findings = check_annotations(detection(tmp_path, content))
    assert findings.problems == ()
    assert told in only(findings.notes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda x, y, w, h: [x + 100, y, w, h], "are they of other images?"),
        (lambda x, y, w, h: [x / 100, y / 80, w / 100, h / 80], "are they in fractions of the"),
        (lambda x, y, w, h: [60, 50, 80, 70], "are they x1, y1, x2, y2, where bbox is x, y, w"),
    ],
)
def test_many_odd_boxes_stop(change: Callable[..., list[float]], told: str, tmp_path: Path):
    content = lvis_content(tmp_path, count=4)
    for annotation in content["annotations"]:
        annotation["bbox"] = change(*annotation["bbox"])
    problem = only(check_annotations(detection(tmp_path, content)).problems)
    assert f"more than 10% of 4 boxes; {told}" in problem
