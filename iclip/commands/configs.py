"""List the configs that come with the hub, or copy one to change it.

    iclip configs                     # all of them: what each is, its hardware and its score
    iclip configs downstream          # those with this in their names
    iclip configs --copy downstream/lvis_frcnn_2x.py .

Every command takes these names where there is no file of the name. A config of yours inherits one
by `_base_ = "iclip::downstream/lvis_frcnn_2x.py"` and states what differs. A copy inherits by such
names what the original inherits: it holds the original's own lines, and the parts behind them stay
those of the installed hub. A run's folder has the resolved config without any such name.
"""

import argparse
import os
from pathlib import Path

FIELDS = ("Hardware", "Score")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("word", nargs="?", default="", help="list those with it in their names")
    parser.add_argument(
        "--copy", nargs=2, metavar=("NAME", "DIR"), help="write a copy of one into a folder"
    )


def run(args: argparse.Namespace) -> None:
    """List, or copy.

    Raises:
        FileNotFoundError: No config has this name.
        ValueError: Both are asked for, or no name has the word in it.
    """
    if args.copy is None:
        print(listed(args.word))
        return
    if args.word:
        raise ValueError(f"{args.word} and --copy {' '.join(args.copy)}: list or copy, not both")
    copy = copy_config(*args.copy)
    print(f"{copy}: edit it, then run `iclip train {copy}`")


def listed(word: str = "") -> str:
    """Lay out the configs with a word in their names, and where they lie.

    Raises:
        ValueError: There is none.
    """
    from iclip.files.text import read_text
    from iclip.shipped_configs import shipped_names, shipped_root

    root = shipped_root()
    names = [name for name in shipped_names() if word in name]
    if not names:
        raise ValueError(f"none of the hub's configs has {word!r} in its name")
    lines = []
    for name in names:
        title, fields = read_header(read_text(root / name))
        lines += [name, f"    {title}"]
        lines += [f"    {field}: {fields[field]}" for field in FIELDS if field in fields]
    return "\n".join([*lines, "", f"They lie in {root}"])


def read_header(source: str) -> tuple[str, dict[str, str]]:
    """Read the comment at a config's top: its first sentence, and its fields by name.

    Args:
        source: The config. A title, an empty comment line, then ``# Field:   text``; a line that
            is indented further goes on with the field before.
    """
    title: list[str] = []
    fields: dict[str, list[str]] = {}
    lines = iter(source.splitlines())
    for line in lines:
        if not line.startswith("#") or line == "#":
            break
        title.append(line.lstrip("# "))
    current: list[str] = []
    for line in lines:
        if not line.startswith("#"):
            break
        name, colon, text = line.removeprefix("# ").partition(":")
        if colon and name.isalpha():
            current = fields.setdefault(name, [])
            current.append(text.strip())
        else:
            current.append(line.lstrip("# "))
    sentence = " ".join(title).split(". ")[0].rstrip(".")
    return sentence, {name: " ".join(words) for name, words in fields.items()}


def copy_config(name: str, folder: str) -> Path:
    """Write a copy of a shipped config that inherits the same parts; returns the file.

    Args:
        name: As ``iclip configs`` lists it.
        folder: Where to; it is made.

    Raises:
        FileNotFoundError: No config has this name.
        FileExistsError: The folder holds a file of the name.
    """
    from iclip.files.atomic import write_atomically
    from iclip.files.text import read_text
    from iclip.shipped_configs import inherit_from_scope, shipped_config, shipped_root

    original = shipped_config(name)
    copy = Path(folder) / original.name
    if os.path.lexists(copy):
        raise FileExistsError(f"{copy} is there already; name another folder, or move it away")
    path = original.relative_to(shipped_root()).as_posix()
    write_atomically(copy, inherit_from_scope(read_text(original), path))
    return copy
