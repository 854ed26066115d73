"""Let mmdet's COCO and LVIS data sets read each annotation file once per process.

Without this, the check before the start, the data set and the metric each read the file: for LVIS
a minute and some gigabytes each time. mmdet also opens it in the system's encoding. Importing this
module makes the change; it can go when mmdet's data sets accept parsed contents.
"""

from typing import Any

from lvis import LVIS
from mmdet.datasets import CocoDataset
from mmdet.evaluation.metrics import coco_metric

from iclip.files.annotations import read_annotations


class SharedCOCO(CocoDataset.COCOAPI):
    """mmdet's COCO index on a file that is read once per process.

    Args:
        annotation_file: A JSON file in COCO's format; None for an empty index.
    """

    def __init__(self, annotation_file: str | None = None) -> None:
        super().__init__()
        if annotation_file is not None:
            self.dataset = read_annotations(annotation_file)
            self.createIndex()
            # mmdet's own names for two of the indices.
            self.img_ann_map, self.cat_img_map = self.imgToAnns, self.catToImgs


def _read_shared(_: LVIS, path: str) -> Any:
    return read_annotations(path)


CocoDataset.COCOAPI = SharedCOCO
coco_metric.COCO = SharedCOCO
LVIS._load_json = _read_shared
