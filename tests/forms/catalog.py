"""The forms, by the task and the tool that writes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from iclip.tasks import CLASSIFICATION, DETECTION, SEGMENTATION, VIDEO
from tests.forms import boxes, labelled, masks


class Form(NamedTuple):
    """A form of data sets.

    Attributes:
        task: The task whose data it holds.
        writer: The tool or data set whose form it is.
        format: Name of the format as which the hub recognizes it.
        write: Writes samples into a folder.
        output: A format of predictions beside the pictures, to be tried with this form.
    """

    task: str
    writer: str
    format: str
    write: Callable[[Path, Any], None]
    output: str

    @property
    def name(self) -> str:
        """Name of its folder, and on the command line."""
        words = f"{self.task} {self.writer}".lower().replace("'", "").replace("-", " ")
        return "_".join(words.split())


FORMS = (
    Form(DETECTION, "COCO", "COCO", boxes.coco_own, "coco"),
    Form(DETECTION, "Roboflow COCO", "COCO", boxes.coco_roboflow, "yolo"),
    Form(DETECTION, "CVAT COCO", "COCO", boxes.coco_cvat, "labelstudio"),
    Form(DETECTION, "Label Studio COCO", "COCO", boxes.coco_label_studio, "labelstudio"),
    Form(DETECTION, "LVIS", "LVIS", boxes.lvis, "coco"),
    Form(DETECTION, "Ultralytics YOLO", "YOLO", boxes.yolo_ultralytics, "yolo"),
    Form(DETECTION, "Ultralytics YOLO outlines", "YOLO", boxes.yolo_segments, "csv"),
    Form(DETECTION, "Roboflow YOLO", "YOLO", boxes.yolo_roboflow, "fiftyone"),
    Form(DETECTION, "Label Studio YOLO", "YOLO", boxes.yolo_label_studio, "labelstudio"),
    Form(DETECTION, "CVAT YOLO 1.1", "YOLO", boxes.yolo_cvat, "yolo"),
    Form(DETECTION, "CVAT Ultralytics YOLO", "YOLO", boxes.yolo_cvat_ultralytics, "csv"),
    Form(DETECTION, "torchvision VOCDetection", "Pascal VOC", boxes.voc_own, "csv"),
    Form(DETECTION, "Roboflow Pascal VOC", "Pascal VOC", boxes.voc_roboflow, "coco"),
    Form(DETECTION, "CVAT Pascal VOC", "Pascal VOC", boxes.voc_cvat, "fiftyone"),
    Form(DETECTION, "LabelImg", "Pascal VOC", boxes.voc_label_img, "yolo"),
    Form(DETECTION, "Label Studio Pascal VOC", "Pascal VOC", boxes.voc_label_studio, "csv"),
    Form(SEGMENTATION, "images and masks", "masks", masks.plain, "masks"),
    Form(SEGMENTATION, "black and white masks", "masks", masks.black_and_white, "coco"),
    Form(SEGMENTATION, "Roboflow masks", "masks", masks.roboflow, "labelstudio"),
    Form(SEGMENTATION, "CVAT CamVid", "masks", masks.cvat_camvid, "csv"),
    Form(SEGMENTATION, "CVAT segmentation mask", "Pascal VOC", masks.cvat, "fiftyone"),
    Form(SEGMENTATION, "torchvision VOCSegmentation", "Pascal VOC", masks.voc_own, "masks"),
    Form(SEGMENTATION, "PaddleSeg lists", "mask lists", masks.paddle_lists, "yolo"),
    Form(SEGMENTATION, "Cityscapes", "Cityscapes", masks.cityscapes, "masks"),
    Form(
        SEGMENTATION,
        "Cityscapes training numbers",
        "Cityscapes",
        masks.cityscapes_training_numbers,
        "csv",
    ),
    Form(SEGMENTATION, "COCO outlines", "COCO", masks.coco_polygons, "coco"),
    Form(SEGMENTATION, "Ultralytics YOLO", "YOLO", masks.yolo_polygons, "yolo"),
    Form(SEGMENTATION, "LabelMe", "LabelMe", masks.label_me, "labelstudio"),
    Form(VIDEO, "class folders with parts", "class folders", labelled.clip_folders, "csv"),
    Form(VIDEO, "class folders", "class folders", labelled.clip_folders_without_parts, "csv"),
    Form(VIDEO, "MMAction2 lists", "list", labelled.clip_lists, "labelstudio"),
    Form(VIDEO, "CSV", "list", labelled.clip_table, "csv"),
    Form(VIDEO, "Kinetics", "list", labelled.kinetics, "csv"),
    Form(VIDEO, "UCF-101", "official splits", labelled.ucf101, "csv"),
    Form(VIDEO, "HMDB-51", "official splits", labelled.hmdb51, "csv"),
    Form(CLASSIFICATION, "torchvision ImageFolder", "class folders", labelled.image_folder, "csv"),
    Form(CLASSIFICATION, "class folders", "class folders", labelled.class_folders, "labelstudio"),
    Form(CLASSIFICATION, "Tiny-ImageNet", "class folders", labelled.tiny_imagenet, "fiftyone"),
    Form(CLASSIFICATION, "CSV", "CSV", labelled.table, "csv"),
    Form(CLASSIFICATION, "Kaggle CSV", "CSV", labelled.kaggle_table, "csv"),
    Form(CLASSIFICATION, "Roboflow CSV", "CSV", labelled.roboflow, "csv"),
)
