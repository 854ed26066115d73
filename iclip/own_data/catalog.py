"""The formats that are recognized, one line each."""

from types import ModuleType
from typing import cast

from iclip.own_data import (
    class_images,
    class_table,
    coco,
    coco_masks,
    labelme,
    lvis,
    mask_folders,
    video_folders,
    video_lists,
    voc,
    voc_masks,
    yolo,
    yolo_masks,
)
from iclip.own_data.format import Format

_MODULES: tuple[ModuleType, ...] = (
    # Detection
    coco,
    lvis,
    yolo,
    voc,
    # Segmentation
    mask_folders,
    voc_masks,
    coco_masks,
    yolo_masks,
    labelme,
    # Video
    video_folders,
    video_lists,
    # Classification
    class_images,
    class_table,
)

FORMATS = cast(tuple[Format, ...], _MODULES)


def formats_of(task: str) -> tuple[Format, ...]:
    """Return the formats in which a task's data sets are read."""
    return tuple(entry for entry in FORMATS if task in entry.TASKS)
