"""The formats that are recognized, one line each."""

from types import ModuleType
from typing import cast

from iclip.own_data.coco import detection as coco_boxes
from iclip.own_data.coco import lvis
from iclip.own_data.coco import segmentation as coco_masks
from iclip.own_data.format import Format
from iclip.own_data.images_by_class import folders as class_folders
from iclip.own_data.images_by_class import table as class_table
from iclip.own_data.masks import cityscapes, labelme
from iclip.own_data.masks import folders as mask_folders
from iclip.own_data.masks import lists as mask_lists
from iclip.own_data.video import folders as video_folders
from iclip.own_data.video import lists as video_lists
from iclip.own_data.video import official_splits
from iclip.own_data.voc import detection as voc_boxes
from iclip.own_data.voc import segmentation as voc_masks
from iclip.own_data.yolo import detection as yolo_boxes
from iclip.own_data.yolo import segmentation as yolo_masks

_MODULES: tuple[ModuleType, ...] = (
    # Detection
    coco_boxes,
    lvis,
    yolo_boxes,
    voc_boxes,
    # Segmentation
    mask_folders,
    mask_lists,
    cityscapes,
    voc_masks,
    coco_masks,
    yolo_masks,
    labelme,
    # Video
    video_folders,
    video_lists,
    official_splits,
    # Classification
    class_folders,
    class_table,
)

FORMATS = cast(tuple[Format, ...], _MODULES)


def formats_of(task: str) -> tuple[Format, ...]:
    """Return the formats in which a task's data sets are read."""
    return tuple(entry for entry in FORMATS if task in entry.TASKS)
