"""Images that an annotation file names, looked for before the start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import iclip.openmmlab  # noqa: F401  (before mmdet)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
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
    content = lvis_content(tmp_path)
    spoil(content)
    problem = only(check_annotations(detection(tmp_path, content, num_classes=2)).problems)
    title = f"Annotations: {tmp_path}/train.json (train_dataloader.dataset.dataset.ann_file)\n"
    assert problem.startswith(title)
    assert told in problem
