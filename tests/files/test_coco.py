"""What annotation files of COCO and LVIS lack."""

from typing import Any

import pytest

from iclip.files.coco import category_name, missing_parts

NEEDED = {"images": ("id", "width"), "annotations": ("bbox",)}


@pytest.mark.parametrize(
    ("content", "lacking"),
    [
        ({"images": [{"id": 1, "width": None}], "annotations": []}, ()),
        ({}, ("images", "annotations")),
        ({"images": {"id": 1}, "annotations": None}, ("images", "annotations")),
        (
            {"images": [{"id": 1}, 3, {"width": 2}], "annotations": [{}] * 1200},
            (
                "id of 2 of 3 images",
                "width of 2 of 3 images",
                "bbox of 1,200 of 1,200 annotations",
            ),
        ),
    ],
)
def test_lists_and_keys_that_are_not_there_are_counted(
    content: dict[str, Any], lacking: tuple[str, ...]
):
    assert missing_parts(content, NEEDED) == lacking


def test_category_without_a_name_is_called_by_its_id():
    assert category_name({"id": 7, "name": "cat"}) == "cat"
    assert category_name({"id": 7}) == "7"
