"""Categories of COCO's files, and the labels of their ids: one list of classes for all parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iclip.messages import listing
from iclip.own_data.class_names import ClassNames, labels_of_names
from iclip.own_data.remarks import Remarks


@dataclass(frozen=True)
class CocoClasses:
    """The classes of several files.

    Attributes:
        names: Their names by label.
        categories: What the first file that has a class says of it, by label.
        label_of_id: By part, the label of each category's id, see `id_key`.
    """

    names: tuple[str, ...]
    categories: tuple[Mapping[str, Any], ...]
    label_of_id: Mapping[str, Mapping[str, int]]


def id_key(value: Any) -> str:
    """Return an id such that 7, "7" and 7.0 are one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def read_categories(
    contents: Mapping[str, Mapping[str, Any]], file_names: Mapping[str, str], remarks: Remarks
) -> CocoClasses:
    """Give the categories of all parts labels by their names, in the files' order.

    Args:
        contents: The content of each part's file.
        file_names: Their names, for messages.
        remarks: Receives names that are not classes, or occur several times.

    Raises:
        ValueError: A name is empty, or not text.
    """
    placeholders = _placeholders(contents)
    if placeholders:
        remarks.note(
            f"not a class: {listing(sorted(placeholders))}, which only stands above the others and "
            "has no annotation"
        )
    classes = ClassNames()
    categories: dict[int, Mapping[str, Any]] = {}
    label_of_id = {}
    for part, content in contents.items():
        listed = [
            entry for entry in content["categories"] if str(entry["name"]) not in placeholders
        ]
        names = [str(entry["name"]) for entry in listed]
        labels = labels_of_names(names, classes, file_names[part], remarks)
        for label, entry in zip(labels, listed, strict=True):
            categories.setdefault(label, entry)
        keys = [id_key(entry["id"]) for entry in listed]
        label_of_id[part] = dict(zip(keys, labels, strict=True))
    ordered = tuple(categories[label] for label in range(len(classes.names)))
    return CocoClasses(tuple(classes.names), ordered, label_of_id)


def _placeholders(contents: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return names of categories that are the supercategory of others and have no annotation.

    Roboflow writes such a category with the id 0.
    """
    names: set[str] = set()
    above: set[str] = set()
    used: set[str | None] = set()
    for content in contents.values():
        name_of = {id_key(entry["id"]): str(entry["name"]) for entry in content["categories"]}
        names.update(name_of.values())
        above |= {
            str(entry.get("supercategory"))
            for entry in content["categories"]
            if entry.get("supercategory") != entry["name"]
        }
        used |= {name_of.get(id_key(entry["category_id"])) for entry in content["annotations"]}
    return (names & above) - used
