"""Pictures from a run's folder, made small, since the page contains them."""

import base64
import io
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

import iclip.files.pillow_formats  # noqa: F401  (no image is a program)
from iclip.files.images import is_image_name
from iclip.messages import counted
from iclip.report.page_elements import Picture, Section
from iclip.report.run import Run
from iclip.results.json_values import read_json

FOLDER = "pictures"
NEW_CLASSES = "new_classes"
"""The folder in it whose pictures stand in the section of new classes."""
# What Pillow raises for damaged files, and for files that are not pictures.
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, struct.error,
              Image.DecompressionBombError)  # fmt: skip
LARGEST_SIDE = 900
PER_FOLDER = 8


def picture_section(runs: Sequence[Run]) -> tuple[Section, list[tuple[str, str]]]:
    """Show the first pictures of each folder of each run, in ``pictures/`` and below.

    Returns:
        The section, and what could not be read, each with the name of its run.
    """
    pictures: list[Picture] = []
    more: list[str] = []
    unread: list[tuple[str, str]] = []
    for run in runs:
        for folder in _folders(run.path / FOLDER):
            found, problems, rest = pictures_of(run, folder)
            pictures += found
            unread += [(run.name, problem) for problem in problems]
            if rest:
                are = counted(rest, "further picture is", "further pictures are")
                more.append(f"{run.name}/{folder.relative_to(run.path)}: {are} not shown.")
    return Section("pictures", "Pictures", text=more, pictures=pictures), unread


def pictures_of(run: Run, folder: Path) -> tuple[list[Picture], list[str], int]:
    """Read the first pictures of a folder of a run in the order of their names.

    Returns:
        The pictures, what could not be read, and how many more there are.
    """
    found: list[Picture] = []
    problems: list[str] = []
    words = _predictions(folder)
    files = sorted(file for file in folder.iterdir() if is_image_name(file.name))
    for file in files[:PER_FOLDER]:
        title = " / ".join([run.name, *file.relative_to(run.path / FOLDER).parts])
        try:
            uri = _data_uri(file)
        except UNREADABLE as error:
            reason = str(error).replace(str(file), file.name) or type(error).__name__
            problems.append(f"{file.relative_to(run.path)}: {reason}")
            continue
        found.append(Picture(title, uri, words.get(file.stem, f"Predictions: {title}")))
    return found, problems, len(files[PER_FOLDER:])


def _folders(root: Path) -> list[Path]:
    """Return a folder of pictures and those in it, without the one of new classes."""
    below = sorted(path for path in root.glob("*/") if path.is_dir() and path.name != NEW_CLASSES)
    return [root, *below] if root.is_dir() else []


def _data_uri(file: Path) -> str:
    """Encode a picture as a JPEG of at most 900 pixels per side, in a data URI."""
    with Image.open(file) as picture:
        small = picture.convert("RGB")
    small.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _predictions(folder: Path) -> dict[str, str]:
    """Read what the model saw in each picture, by name (``predictions.json``)."""
    file = folder / "predictions.json"
    try:
        content: Any = read_json(file) if file.is_file() else {}
    except ValueError:
        return {}
    records = content.items() if isinstance(content, dict) else ()
    return {Path(name).stem: _words(record) for name, record in records if record}


def _words(record: Any) -> str:
    labels = record.get("labels") if isinstance(record, dict) else None
    if isinstance(labels, list) and labels:
        return "Predicted: " + ", ".join(str(label) for label in labels[:8])
    return "Predicted picture"
