"""Images that an annotation file names, looked for before the start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import iclip.openmmlab  # noqa: F401  (before mmdet)

from tests.support.odd_annotations import (  # isort: skip
    fault_of_detection,
    Content,
    set_in,
)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            set_in("images", 0, coco_url="http://images.cocodataset.org/val2017/7.jpg"),
            "/val2017/7.jpg); put them there, or correct data_prefix or data_root",
        ),
        (
            set_in("images", 0, coco_url="http://images.cocodataset.org/val2017/1.JPG"),
            "images whose file names differ in case: 1 (",
        ),
        (
            set_in("images", 0, width=80, height=100),
            "images of another size than the file says, of 2 looked at: 1 (",
        ),
    ],
)
def test_fault_is_named_and_counted(spoil: Callable[[Content], Any], told: str, tmp_path: Path):
    assert told in fault_of_detection(spoil, tmp_path)
