"""Check the files of an evaluation on LVIS: annotations and results."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

from iclip.files.annotations import read_json
from iclip.files.coco import missing_parts
from iclip.messages import listing

# The lists of an annotation file, and what each of their entries must have.
_NEEDED = {
    "images": ("id", "neg_category_ids"),
    "annotations": ("image_id", "category_id", "bbox", "area"),
    "categories": ("id",),
}

# The lists of categories that an image may have.
_ID_LISTS = ("neg_category_ids", "not_exhaustive_category_ids")

_RESULT_KEYS = {"image_id", "category_id", "bbox", "score"}


def check_lvis_structure(path: Path, content: Any) -> None:
    """Check that an LVIS annotation file has everything that an evaluation reads.

    Raises:
        ValueError: The file lacks something; the message names all of it.
    """
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not an LVIS annotation file: it holds {_kind(content)}")
    lacking = missing_parts(content, _NEEDED)
    if lacking:
        coco = any(entry.startswith("neg_category_ids") for entry in lacking)
        hint = ". A COCO file is evaluated with mmdet's CocoMetric" if coco else ""
        raise ValueError(
            f"{path} is not an LVIS annotation file: it lacks {listing(lacking)}{hint}"
        )
    if not content["images"] or not content["categories"]:
        empty = "images" if not content["images"] else "categories"
        raise ValueError(f"{path} lists no {empty}: there is nothing to evaluate")
    _check_ids(path, content)
    _check_categories(path, content["categories"])
    _check_annotations(path, content)


def _check_ids(path: Path, content: dict[str, Any]) -> None:
    """Raise ValueError if an id is not a whole number of 64 bits, or its list not a list."""
    for key in _ID_LISTS:
        odd_image = next(
            (i for i in content["images"] if not isinstance(i.get(key, []), list)), None
        )
        if odd_image is not None:
            raise ValueError(
                f"{path} cannot be evaluated: {key} of image {str(odd_image['id'])[:60]} is "
                f"{str(odd_image[key])[:60]!r} ({_kind(odd_image[key])}), not a list"
            )
    for what, values in _ids(content).items():
        # One set tells whether millions of ids are right; only then is the wrong one looked for.
        if set(map(type, values)) - {int}:
            odd = next(value for value in values if type(value) is not int)
            raise ValueError(
                f"{path} cannot be evaluated: {what} is {str(odd)[:60]!r} ({_kind(odd)}), not a "
                "whole number"
            )
        if values and (min(values) < -(2**63) or max(values) >= 2**63):
            raise ValueError(f"{path} cannot be evaluated: {what} has more than 64 bits")


def _check_categories(path: Path, categories: list[dict[str, Any]]) -> None:
    """Raise ValueError if a frequency is not a text, or a category is listed twice."""
    for category in categories:
        frequency = category.get("frequency")
        if not isinstance(frequency, str | None):
            raise ValueError(
                f"{path} cannot be evaluated: the frequency of category {category['id']} is "
                f"{str(frequency)[:60]!r} ({_kind(frequency)}), not 'r', 'c' or 'f'"
            )
    uses = Counter(category["id"] for category in categories)
    repeated = [id_ for id_, count in uses.items() if count > 1]
    if repeated:
        ids = listing([str(id_) for id_ in repeated])
        raise ValueError(f"{path} lists categories more than once, of the ids {ids}")


def _check_annotations(path: Path, content: dict[str, Any]) -> None:
    """Raise ValueError if an annotation is of nothing that is listed, or has no box or area."""
    for part, key in (("images", "image_id"), ("categories", "category_id")):
        strays = {a[key] for a in content["annotations"]} - {entry["id"] for entry in content[part]}
        if strays:
            ids = listing([str(id_) for id_ in sorted(strays)])
            raise ValueError(f"{path} has annotations of {part} that it does not list: {ids}")
    strange = next((a for a in content["annotations"] if not _is_measured(a)), None)
    if strange is not None:
        raise ValueError(
            f"{path} cannot be evaluated: an annotation of image {strange['image_id']} has no box "
            f"of four finite numbers, or no finite area: {str(strange)[:120]}"
        )


def _ids(content: dict[str, Any]) -> dict[str, list[Any]]:
    """Return all ids that an evaluation looks up, by what they are."""
    images, annotations = content["images"], content["annotations"]
    return {
        "an image's id": [image["id"] for image in images],
        **{
            f"a category in {key}": [id_ for image in images for id_ in image.get(key, [])]
            for key in _ID_LISTS
        },
        "a category's id": [category["id"] for category in content["categories"]],
        "an annotation's image_id": [annotation["image_id"] for annotation in annotations],
        "an annotation's category_id": [annotation["category_id"] for annotation in annotations],
    }


def read_results(path: Path) -> list[dict[str, Any]]:
    """Read detections in COCO's result format; boxes are (x, y, width, height) in pixels.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file does not hold detections in this format.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of results {path}")
    entries = read_json(path)
    form = "a list of {image_id, category_id, bbox: [x, y, width, height], score}"
    if not isinstance(entries, list):
        raise ValueError(f"{path} is not a file of results: {form}; this is {_kind(entries)}")
    # The first one is enough for a message.
    strange = next((i for i, entry in enumerate(entries) if not _is_detection(entry)), None)
    if strange is not None:
        raise ValueError(
            f"{path} is not a file of results: {form}; entry {strange} is "
            f"{str(entries[strange])[:120]}"
        )
    return entries


def _is_detection(entry: Any) -> bool:
    """Whether an entry is a detection. Its score may be NaN: such a detection never counts."""
    if not isinstance(entry, dict) or not set(entry) >= _RESULT_KEYS:
        return False
    return (
        isinstance(entry["image_id"], int | str)
        and isinstance(entry["category_id"], int)
        and isinstance(entry["score"], int | float)
        and _is_box(entry["bbox"])
    )


def _is_measured(annotation: dict[str, Any]) -> bool:
    """Whether an annotation has a box and an area."""
    return _is_box(annotation["bbox"]) and _is_finite(annotation["area"])


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(map(_is_finite, value))


def _is_finite(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def _kind(content: Any) -> str:
    """Name the kind of a JSON value."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a truth value"}
    return kinds.get(type(content), "null" if content is None else "a number")
