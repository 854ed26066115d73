"""Lists of the images of each part: a name per line, with or without its extension."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from iclip.files.text import read_text
from iclip.messages import counted, listing
from iclip.own_data.remarks import Remarks

Pair = tuple[str, str]  # paths of an image and its mask


def listed_parts(
    pairs: Sequence[Pair], folder: Path, lists: Mapping[str, Sequence[Path]], remarks: Remarks
) -> dict[str, list[Pair]]:
    """Divide images and masks into parts as lists say.

    Args:
        pairs: The images and masks.
        folder: That of the images; names in the lists are paths below it.
        lists: The lists of each part.
        remarks: Receives names without an image, and images without a list.

    Raises:
        OSError: A list cannot be read.
        ValueError: A list names nothing that is there, or more is missing than `Remarks` allows.
    """
    by_name: dict[str, Pair] = {}
    for pair in pairs:
        name = Path(os.path.relpath(pair[0], folder)).as_posix()
        by_name[name] = by_name[os.path.splitext(name)[0]] = pair
    parts = {part: _listed(files, by_name, remarks) for part, files in lists.items()}
    listed = {pair for of_part in parts.values() for pair in of_part}
    unlisted = [pair[0] for pair in pairs if pair not in listed]
    remarks.leave_out("images with a mask that no list names", unlisted)
    return parts


def _listed(files: Sequence[Path], by_name: Mapping[str, Pair], remarks: Remarks) -> list[Pair]:
    """Return the pairs whose names lists have."""
    lines = [line.strip() for file in files for line in read_text(file).split("\n")]
    names = list(dict.fromkeys(line for line in lines if line))
    missing = [f"{name} of {files[0].name}" for name in names if name not in by_name]
    if len(missing) == len(names):
        raise ValueError(
            f"{files[0]} has {counted(len(names), 'name')}, and none of them has an image and a "
            f"mask ({listing(names, 3)}): a line is the name of an image"
        )
    remarks.leave_out(
        "listed names without an image or a mask", missing, len(names), "correct the lists"
    )
    return list(dict.fromkeys(by_name[name] for name in names if name in by_name))
