"""Result files of the evaluations: what is in each of them, told by content and not by name.

``kind`` says which tool wrote it: ``zero-shot``, ``retrieval`` or ``probe``. ``settings`` holds
what all of its data sets share (weights, precision, image size), ``results`` a mapping per data set
with what was read of how many, and ``metrics`` the figures alone, in percent, for tables.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iclip.files.atomic import write_atomically

SCHEMA = "iclip.result/1"
KINDS = ("zero-shot", "retrieval", "probe")

# Names of files that could not be read, of each kind; the counts are exact.
_LISTED = 100


def write_result(path: Path, kind: str, **content: Any) -> None:
    """Write a result file, whole or not at all.

    Args:
        path: Where to; folders are made.
        kind: One of :data:`KINDS`.
        **content: The rest: ``model``, ``settings``, ``results``, ``missing``, ``metrics``, ...
    """
    assert kind in KINDS, kind
    text = json.dumps({"schema": SCHEMA, "kind": kind, **content}, indent=1, ensure_ascii=False)
    write_atomically(path, text + "\n")


def is_result(content: object) -> bool:
    """Whether the content of a JSON file is a result of an evaluation."""
    return (
        isinstance(content, Mapping)
        and content.get("schema") == SCHEMA
        and content.get("kind") in KINDS
    )


def unread_images(broken: Sequence[str], missing: Sequence[str]) -> dict[str, Any]:
    """How many images could not be read, and which: damaged ones, and files that are not there."""
    return {
        kind: {"count": len(names), "names": list(names[:_LISTED])}
        for kind, names in (("broken", broken), ("missing", missing))
    }
