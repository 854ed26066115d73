"""Where the configs lie that the hub ships: ``configs/`` and ``downstream/``.

In a checkout and an editable install they lie beside the package. A wheel carries them in the
package's folder ``shipped/``, where setup.py puts them.
"""

import ast
import posixpath
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any

FOLDERS = ("configs", "downstream")
SCOPE = "iclip::"
"""What stands before the name of a shipped config, in ``_base_`` and on a command line."""

_PACKAGE = Path(__file__).resolve().parent
# Folders of parts that configs inherit.
_PARTS = "_base_"


def shipped_root() -> Path:
    """Return the folder that holds ``configs/`` and ``downstream/``.

    Raises:
        FileNotFoundError: The package was copied without them.
    """
    for root in (_PACKAGE / "shipped", _PACKAGE.parent):
        if all((root / folder / _PARTS).is_dir() for folder in FOLDERS):
            return root
    raise FileNotFoundError(
        f"the configs of the hub are neither in {_PACKAGE / 'shipped'} nor beside {_PACKAGE}: the "
        "package was copied without them. Install it with pip, from a wheel or a checkout"
    )


def shipped_names() -> list[str]:
    """Return the names of all shipped configs that can be run, such as ``configs/iclip_swinb.py``.

    Parts that other configs inherit are not among them.
    """
    return sorted(_runnable(shipped_root()))


def _runnable(root: Path) -> Iterator[str]:
    for folder in FOLDERS:
        for file in (root / folder).rglob("*.py"):
            name = file.relative_to(root)
            if _PARTS not in name.parts:
                yield name.as_posix()


def shipped_config(name: str) -> Path:
    """Return the file of a shipped config, or of a part that such configs inherit.

    Args:
        name: Its path, such as ``downstream/lvis_frcnn_2x.py``, with or without ``iclip::``.

    Raises:
        FileNotFoundError: There is none of this name.
    """
    found = _find(name)
    if found is None:
        raise FileNotFoundError(f"the hub ships no config {name}. {_advice(name)}")
    return found


def find_config(name: str | Path) -> Path:
    """Return the file that a name on a command line means.

    Args:
        name: A file; or where there is none, what :func:`shipped_config` takes.

    Raises:
        ValueError: There is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    if not _is_ours(path.as_posix()):
        raise ValueError(f"config {name} does not exist")
    found = _find(path.as_posix())
    if found is None:
        raise ValueError(
            f"config {name} does not exist, nor is it one that the hub ships. "
            f"{_advice(path.as_posix())}"
        )
    return found


def _is_ours(name: str) -> bool:
    """Whether a name can be that of a shipped config."""
    return name.startswith(SCOPE) or PurePosixPath(name).parts[:1] in {(f,) for f in FOLDERS}


def _find(name: str) -> Path | None:
    path = PurePosixPath(name.removeprefix(SCOPE))
    if not _is_ours(path.as_posix()) or ".." in path.parts:
        return None
    file = shipped_root() / path
    return file if file.is_file() else None


def _advice(name: str) -> str:
    nearest = get_close_matches(name.removeprefix(SCOPE), shipped_names(), n=1)
    return (f"The nearest is {nearest[0]}; `" if nearest else "`") + "iclip configs` lists them all"


def inherit_from_scope(source: str, name: str) -> str:
    """Turn the relative paths in the ``_base_`` of a shipped config into ``iclip::...``.

    Args:
        source: The config.
        name: Its path, such as ``downstream/toy/lvis_frcnn.py``.
    """
    # ast counts columns in bytes.
    lines = source.encode().splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    text = b"".join(lines)
    for node in reversed(_inherited(ast.parse(source))):
        base = posixpath.normpath(posixpath.join(posixpath.dirname(name), node.value))
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[node.end_lineno - 1] + node.end_col_offset
        text = text[:first] + f'"{SCOPE}{base}"'.encode() + text[last:]
    return text.decode()


def _inherited(tree: ast.Module) -> list[Any]:
    """Return the strings of ``_base_`` that are relative paths, in the order of the text."""
    return [
        node
        for statement in tree.body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_base_"
        for node in ast.walk(statement.value)
        if isinstance(node, ast.Constant) and "::" not in str(node.value)
    ]
