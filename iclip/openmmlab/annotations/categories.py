"""Tell which category a label stands for; labels are numbered in the annotation file's order."""

from collections.abc import Mapping, Sequence
from typing import Any


def categories_by_label(
    categories: Sequence[Mapping[str, Any]], classes: Sequence[str] | None
) -> list[Mapping[str, Any]]:
    """Return the categories in the order of labels, as mmdet numbers them.

    Args:
        categories: The categories of an annotation file.
        classes: The data set's class names. They choose among the categories but do not order
            them, as in mmdet's COCO data sets. None or empty: all categories, as in its LVIS data
            sets.
    """
    if not classes:
        return list(categories)
    return [category for category in categories if category.get("name") in classes]


def difference_of_labels(
    first: tuple[str, Sequence[str]], second: tuple[str, Sequence[str]]
) -> str | None:
    """Say where labels mean different things in two files; None if they mean the same.

    Args:
        first: A file and its names by label.
        second: Another file and its names by label.
    """
    (first_file, first_names), (second_file, second_names) = first, second
    if list(first_names) == list(second_names):
        return None
    pairs = enumerate(zip(first_names, second_names, strict=False))
    # If one list is the beginning of the other, they differ where the shorter one ends.
    end = min(len(first_names), len(second_names))
    label = next((i for i, (a, b) in pairs if a != b), end)
    here, there = (
        f"'{names[label]}' in {path}" if label < len(names) else f"absent in {path}"
        for path, names in (first, second)
    )
    start = (
        f"labels mean different things in {first_file} and {second_file}: label {label} is {here}, "
        f"{there}. "
    )
    if sorted(first_names) == sorted(second_names):
        return start + (
            "The categories are the same in different orders, and labels are numbered in the "
            'file\'s order: put "categories" of both files into one order'
        )
    in_one_only = sorted(set(first_names) ^ set(second_names))
    return start + (
        f"{len(in_one_only)} categories are in one file only, '{in_one_only[0]}' among them: give "
        'both files the same "categories", without boxes where there are none'
        if in_one_only
        else 'A name occurs several times: give both files the same "categories"'
    )
