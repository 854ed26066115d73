"""Recognize the format of a data set by its signs, or by the name that the user gives."""

import os
from collections import Counter
from pathlib import Path

from iclip.messages import counted, listing, printable
from iclip.own_data.catalog import FORMATS, formats_of
from iclip.own_data.completion import completed
from iclip.own_data.data_set import OwnData
from iclip.own_data.format import Format, option_of

_SHOWN = 5
# Files that are looked at to say what lies in a folder that is not recognized.
_LOOKED_AT = 10_000


def recognize(
    root: Path,
    task: str,
    format: str | None = None,
    needs_train: bool = True,
    allow_unseen: bool = False,
) -> OwnData:
    """Recognize and read a data set of a user's own.

    Args:
        root: Its folder, or the file that describes it.
        task: One of :mod:`iclip.tasks`.
        format: Name of its format as ``--format`` takes it; None: the one whose signs are there.
        needs_train: Whether it is to be trained on. Otherwise, a data set that has ``val`` or
            ``test`` is returned as it is.
        allow_unseen: Whether validation may have classes that training lacks.

    Raises:
        ValueError: No format's signs are there, or those of several; the files are not in that
            form; there is nothing to train on; validation has classes that training lacks, and
            may not. The message says what to do.
        OSError: A file cannot be read.
    """
    root = Path(root).absolute()
    if not root.exists():
        raise FileNotFoundError(f"there is no data set {root}: name its folder")
    chosen = _named(root, task, format) if format is not None else _with_signs(root, task)
    read = chosen.read(root, task)
    return completed(read, root, task, chosen.NAME, needs_train, allow_unseen)


def _named(root: Path, task: str, name: str) -> Format:
    """Return the format that the user named.

    Raises:
        ValueError: The task has no such format, or nothing in the folder looks like it.
    """
    known = {option_of(entry.NAME): entry for entry in formats_of(task)}
    if option_of(name) not in known:
        raise ValueError(
            f"--format {name} is not a format of {task}: give one of {listing(sorted(known))}"
        )
    chosen = known[option_of(name)]
    if chosen.signs(root) is None:
        raise ValueError(
            f"--format {name}: {root} is not in this form, which has {chosen.LOOKS_FOR}. "
            f"{_contents(root)}"
        )
    return chosen


def _with_signs(root: Path, task: str) -> Format:
    """Return the one format whose signs are there.

    Raises:
        ValueError: There is none, or several.
    """
    signs = [(entry, entry.signs(root)) for entry in formats_of(task)]
    found = [(entry, sign) for entry, sign in signs if sign is not None]
    if len(found) == 1:
        return found[0][0]
    if found:
        seen = " and ".join(f"{entry.NAME} ({sign})" for entry, sign in found)
        options = " or ".join(f"--format {option_of(entry.NAME)}" for entry, _ in found)
        raise ValueError(f"{root} has the signs of {seen}: say which one with {options}")
    looked_for = "".join(f"\n  {e.NAME}: {e.LOOKS_FOR}" for e in formats_of(task))
    raise ValueError(
        f"{root} is not recognized as a data set of {task}. {_contents(root)}."
        f"{_other_tasks(root, task)} Looked for:{looked_for}"
    )


def _other_tasks(root: Path, task: str) -> str:
    """Say of which other tasks the data set may be."""
    others = {
        other: entry.NAME
        for entry in FORMATS
        for other in entry.TASKS
        if other != task and entry.signs(root) is not None
    }
    told = listing([f"{other} ({name})" for other, name in others.items()])
    return f" It looks like a data set of {told}." if told else ""


def _contents(root: Path) -> str:
    """Say what lies in a folder: its entries, and how many files of each suffix are below it."""
    if root.is_file():
        return f"It is a file that ends in {root.suffix}" if root.suffix else "It is a file"
    entries = sorted(
        entry.name + "/" * entry.is_dir()
        for entry in os.scandir(root)
        if not entry.name.startswith(".")
    )
    if not entries:
        return "It is empty"
    suffixes: Counter[str] = Counter()
    for _, _, files in os.walk(root):
        suffixes.update(os.path.splitext(file)[1].lower() or "no suffix" for file in files)
        if suffixes.total() > _LOOKED_AT:
            break
    frequent = sorted(suffixes.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    told = ", ".join(f"{count:,} {suffix}" for suffix, count in frequent)
    more = "more than " if suffixes.total() > _LOOKED_AT else ""
    files_told = f"{more}{counted(suffixes.total(), 'file')}{': ' * bool(told)}{told}"
    return f"It holds {printable(listing(entries, _SHOWN))}; {files_told}"
