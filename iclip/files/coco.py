"""Annotation files of COCO and LVIS: lists of images, annotations and categories."""

from collections.abc import Mapping, Sequence
from typing import Any


def missing_parts(
    content: Mapping[str, Any], needed: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """List the parts that a file lacks and its reader needs.

    Args:
        content: The file's content.
        needed: Keys that each entry must have, by the name of the list that holds the entries.

    Returns:
        Names of the missing lists, and then the missing keys, such as ``area of 3 of 20
        annotations``.
    """
    lacking = [part for part in needed if not isinstance(content.get(part), list)]
    for part, keys in needed.items():
        for key in keys if part not in lacking else ():
            entries = content[part]
            without = sum(not isinstance(entry, dict) or key not in entry for entry in entries)
            if without:
                lacking.append(f"{key} of {without:,} of {len(entries):,} {part}")
    return tuple(lacking)


def category_name(category: Mapping[str, Any]) -> str:
    """Return a category's name, or its id if it has no name."""
    return str(category.get("name", category.get("id")))
