"""Users' own data sets of detection: COCO, LVIS, YOLO and Pascal VOC."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from iclip.own_data import describe, recognize
from iclip.tasks import DETECTION
from tests.fuzz.annotation_targets import json_like
from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target, read_or_refuse
from tests.support.own_data_files import coco_content, voc_xml, write_image

NAMES = ("cat", "dog")
IMAGES = [f"{number}.jpg" for number in range(4)]
BOXES: list[tuple[int, str, Any]] = [(n, NAMES[n % 2], (n, 2, 20.5, 10)) for n in range(4)]
COCO: dict[str, Any] = dict(coco_content(IMAGES, BOXES, NAMES))
LVIS: dict[str, Any] = {
    **COCO,
    "images": [
        {**image, "neg_category_ids": [90], "not_exhaustive_category_ids": [83]}
        for image in COCO["images"]
    ],
}
DESCRIPTIONS = [
    b"path: .\ntrain: images\nval: images\nnames: [cat, dog]\nnc: 2\n",
    b"train: [images/0.jpg, images/1.jpg]\nnames:\n  0: cat\n  1: 'dog'\nkpt_shape: [1, 3]\n",
    b"train: list.txt\ntest: ../images\nnames: {0: cat, 1: no}\n",
]
LABELS = [
    b"0 0.5 0.5 0.2 0.1\n1 .4 .4 .3 .3\n",
    b"1 0 0 1 0 1 1\r\n0 0.1 0.1 0.9 0.1 0.9 0.9 0.1 0.9\n",
    "0 0.5 0.5 0.2 0.1 0.5 0.5 2".encode("utf-16"),
]
ANNOTATIONS = [
    voc_xml("0.jpg", [("cat", (1, 1, 20, 20)), ("dog", (0, 2.5, 30, 40))]).encode(),
    b'<?xml version="1.0" encoding="iso-8859-1"?>' + voc_xml("0.jpg", [], None).encode(),
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><annotation><filename>&b;</filename></annotation>",
]


def recognized(root: Path, format: str) -> None:
    """Whatever is recognized can be described, and its boxes lie in their images."""
    data = read_or_refuse(lambda: recognize(root, DETECTION, format))
    if data is None:
        return
    describe(data)
    for sample in (sample for samples in data.parts.values() for sample in samples):
        limits = np.array([sample.width, sample.height])
        assert (sample.boxes[:, 2:] >= 1).all() and (sample.boxes[:, :2] >= 0).all()
        # Sums of floats are rounded.
        assert (sample.boxes[:, :2] + sample.boxes[:, 2:] <= limits + 1e-9).all()
        assert ((sample.labels >= 0) & (sample.labels < len(data.classes))).all()
        assert ((sample.areas > 0) & (sample.areas <= sample.boxes[:, 2:].prod(axis=1))).all()


def with_images(root: Path) -> Path:
    """Return a folder with images/ in it; inputs of one target share them."""
    for name in IMAGES:
        if not (root / "images" / name).is_file():
            write_image(root / "images" / name)
    return root


def as_file(name: str, format: str) -> Callable[[bytes, Path], None]:
    def run(content: bytes, folder: Path) -> None:
        root = with_images(folder / format)
        (root / name).write_bytes(content)
        recognized(root, format)

    return run


def labels(content: bytes, folder: Path) -> None:
    root = with_images(folder / "labels")
    (root / "labels").mkdir(exist_ok=True)
    (root / "data.yaml").write_bytes(DESCRIPTIONS[0])
    for number in range(3):
        (root / f"labels/{number}.txt").write_bytes(LABELS[0])
    (root / "labels/3.txt").write_bytes(content)
    recognized(root, "yolo")


def annotation(content: bytes, folder: Path) -> None:
    root = with_images(folder / "voc")
    (root / "Annotations").mkdir(exist_ok=True)
    for number in range(3):
        (root / f"Annotations/{number}.xml").write_bytes(ANNOTATIONS[0])
    (root / "Annotations/3.xml").write_bytes(content)
    recognized(root, "pascal-voc")


OWN_DATA_TARGETS = (
    Target("own-coco", json_like(COCO), as_file("train.json", "coco")),
    Target("own-lvis", json_like(LVIS), as_file("train.json", "lvis")),
    Target("own-descriptions", mutated(DESCRIPTIONS), as_file("data.yaml", "yolo")),
    Target("own-labels", mutated(LABELS), labels),
    Target("own-xml", mutated(ANNOTATIONS), annotation),
)
