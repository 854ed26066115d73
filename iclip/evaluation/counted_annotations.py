"""The annotations of a COCO or LVIS file as an evaluation takes them."""

from collections.abc import Iterable, Mapping
from typing import Any

_NEEDED = ("image_id", "category_id", "bbox", "area")


def counted_annotations(annotations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return no more of annotations than counts, under ids of their own, from 1.

    The ids of a file may be absent, null or texts, or occur twice; faster-coco-eval takes two
    annotations of one id for one, without a word. Whether one is a crowd may be null.

    Args:
        annotations: Entries of the file, each with an image, a category, a box and an area.
    """
    return [
        {
            **{key: annotation[key] for key in _NEEDED},
            "id": number,
            "iscrowd": int(is_crowd(annotation)),
        }
        for number, annotation in enumerate(annotations, start=1)
    ]


def is_crowd(annotation: Mapping[str, Any]) -> bool:
    """Whether an annotation stands for many objects, which nobody has to find."""
    return annotation.get("iscrowd") == 1
