"""Write samples as mmdet's COCO and LVIS data sets read them."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iclip.files.atomic import write_atomically
from iclip.own_data.boxes import LABELS_OF_IMAGE, BoxedImage


def write_coco(
    samples: Sequence[BoxedImage],
    classes: Sequence[str],
    file: str | os.PathLike[str],
    image_root: str | os.PathLike[str],
    class_details: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write an annotation file in which a label is the position of its category.

    Args:
        samples: The images of one part.
        classes: Names of all classes, also of those without a box.
        file: The JSON file; its folder is made if it is missing.
        image_root: The folder that the data set's ``data_prefix.img`` will name. Images below it
            are named relative to it, others by their whole path.
        class_details: See :class:`iclip.own_data.data_set.OwnData`.

    Raises:
        OSError: It could not be written. What was there stays.
    """
    root = os.path.abspath(image_root)
    details = class_details or [{}] * len(classes)
    categories = [
        {"id": _category(label), "name": name, **details[label]}
        for label, name in enumerate(classes)
    ]
    content = {
        "images": [_image(number, sample, root) for number, sample in enumerate(samples, start=1)],
        "annotations": _annotations(samples),
        "categories": categories,
    }
    # ASCII, since names of files need not be valid UTF-8.
    write_atomically(Path(file), json.dumps(content))


def _image(number: int, sample: BoxedImage, root: str) -> dict[str, Any]:
    below = sample.file.startswith(os.path.join(root, ""))
    name = os.path.relpath(sample.file, root) if below else sample.file
    image: dict[str, Any] = {"id": number, "file_name": name}
    image.update(width=sample.width, height=sample.height)
    for key, ours in LABELS_OF_IMAGE.items():
        if ours in sample.details:
            image[key] = [_category(label) for label in sample.details[ours]]
            # mmdet's LVIS data set takes the file's name from the address.
            image["coco_url"] = name
    return image


def _annotations(samples: Sequence[BoxedImage]) -> list[dict[str, Any]]:
    annotations: list[dict[str, Any]] = []
    for number, sample in enumerate(samples, start=1):
        columns = (sample.boxes, sample.labels, sample.crowd, sample.areas)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        annotations += [
            {
                "id": len(annotations) + at,  # from 1: COCO's metric takes 0 for unmatched
                "image_id": number,
                "category_id": _category(label),
                "bbox": box,
                "area": area,
                "iscrowd": int(crowd),
            }
            for at, (box, label, crowd, area) in enumerate(rows, start=1)
        ]
    return annotations


def _category(label: int) -> int:
    """Return the id of a class; COCO's and LVIS's count from 1."""
    return label + 1
