"""Check that a file has what mmdet's COCO and LVIS data sets read, and that its ids are unique."""

from collections import Counter
from collections.abc import Mapping
from types import NoneType
from typing import Any

from mmdet.datasets import CocoDataset, LVISV05Dataset, LVISV1Dataset

from iclip.files.coco import missing_parts
from iclip.findings import FileFindings
from iclip.messages import listing

# What mmdet's LVIS data set removes from an image's address to get the name of its file.
COCO_HOST = "http://images.cocodataset.org/"
_REFERENCES = ("image_id", "category_id")


def image_key(dataset: CocoDataset) -> str:
    """Return the key of an image's file name in the files that this data set reads."""
    return "coco_url" if isinstance(dataset, LVISV1Dataset) else "file_name"


def image_name(dataset: CocoDataset, image: Mapping[str, Any]) -> str:
    """Return an image's file name below the data set's folder, as the data set does."""
    name = str(image[image_key(dataset)])
    if isinstance(dataset, LVISV1Dataset):
        return name.replace(COCO_HOST, "")
    # LVIS v0.5 names the images of COCO 2014, which lie in the folders of 2017.
    if isinstance(dataset, LVISV05Dataset) and name.startswith("COCO"):
        return name[-16:]  # 12 digits and .jpg, without COCO_train2014_ or COCO_val2014_
    return name


def another_format(dataset: CocoDataset, type_name: str, setting: str, content: Any) -> str | None:
    """Say that a file is of another format than the data set reads, and what reads it."""
    images = content.get("images") if isinstance(content, dict) else None
    if not images or not isinstance(images, list) or not isinstance(images[0], dict):
        return None
    first, key = images[0], image_key(dataset)
    if key in first or not {"coco_url", "file_name"} & first.keys():
        return None
    if key == "file_name":
        return (
            "an LVIS v1 file, whose images have coco_url and no file_name; "
            f"{type_name} cannot read it: set {setting}.type=LVISV1Dataset"
        )
    if "neg_category_ids" in first:
        return (
            "an LVIS v0.5 file, whose images have file_name and no coco_url; "
            f"{type_name} cannot read it: set {setting}.type=LVISV05Dataset"
        )
    return (
        "a COCO file, whose images have file_name and no coco_url or neg_category_ids; "
        f"{type_name} cannot read it: set {setting}.type=CocoDataset, its "
        "metainfo=dict(classes=(...)) and the evaluator's type=CocoMetric with metric=bbox, or "
        "inherit a COCO config of mmdet"
    )


def lacking_parts(dataset: CocoDataset, content: Any) -> str | None:
    """List what a file lacks of what the data set reads; None if it lacks nothing."""
    if not isinstance(content, dict):
        return "a JSON object with images, annotations and categories"
    needed = {
        "images": ("id", "width", "height", image_key(dataset)),
        "annotations": ("id", "image_id", "category_id", "bbox", "area"),
        "categories": ("id",) if isinstance(dataset, LVISV05Dataset) else ("id", "name"),
    }
    return listing(missing_parts(content, needed)) or None


def check_ids(content: Mapping[str, Any], found: FileFindings) -> bool:
    """Check that sizes are positive, ids are unique whole numbers, and references exist.

    Returns:
        Whether the rest of the file can be checked: ids can be looked up and sizes are numbers.
    """
    without_size = [
        repr(image["id"])
        for image in content["images"]
        if not all(_is_size(image[side]) for side in ("width", "height"))
    ]
    found.fault(
        "images whose width or height is not a positive number", without_size, "correct them"
    )
    ids = {
        part: [entry["id"] for entry in content[part]]
        for part in ("images", "annotations", "categories")
    }
    for part, values in ids.items():
        # Two sets tell whether a file of millions of ids is right; only then are wrong ones listed.
        kinds = {type(value) for value in values} - {int}
        odd = [repr(value) for value in values if type(value) is not int] if kinds else []
        found.fault(f"ids of {part} that are not whole numbers", odd, "number them")
        distinct = _can_be_looked_up(values) and len(set(values)) == len(values)
        repeated = [] if distinct else _repeated(values)
        found.fault(f"ids of {part} that occur more than once", repeated, "give each its own")
    for part, key in zip(("images", "categories"), _REFERENCES, strict=True):
        values = [annotation[key] for annotation in content["annotations"]]
        if not _can_be_looked_up(values):
            odd = [f"{value!r}"[:40] for value in values if not isinstance(value, int | str)]
            found.fault(f"annotations whose {key} is not a whole number", odd, "correct them")
        if not _can_be_looked_up(ids[part]) or not _can_be_looked_up(values):
            return False
        known = set(ids[part])
        strays = [
            annotation_name(annotation)
            for annotation, value in zip(content["annotations"], values, strict=True)
            if value not in known
        ]
        found.fault(
            f"annotations of {part} that the file does not list",
            strays,
            f"remove them, or add the {part}",
        )
    return not without_size


def annotation_name(annotation: Mapping[str, Any]) -> str:
    """Name an annotation in a message."""
    return (
        f"annotation {annotation['id']} of image {annotation['image_id']}, "
        f"category {annotation['category_id']}"
    )


def _is_size(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _repeated(values: list[Any]) -> list[str]:
    """List the values that occur more than once, also those that cannot be hashed."""
    return [value for value, count in Counter(map(repr, values)).items() if count > 1]


def _can_be_looked_up(values: list[Any]) -> bool:
    """Whether all values are plain, so that they can be hashed; JSON's lists and objects cannot."""
    return {*map(type, values)} <= {int, str, float, bool, NoneType}
