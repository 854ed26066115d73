"""Files of captions: Karpathy's JSON, COCO's captions JSON, and clip_benchmark's CSV.

What does not fit is refused with its place: a caption bent until it fits is another caption.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.files.text import open_text, read_text
from iclip.messages import counted, listing

# Captions by image, its path below the folder of the images.
Captions = dict[str, list[str]]


def read_caption_file(path: Path) -> Captions:
    """Read the images of a caption file with their captions; of Karpathy's JSON the test split.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is in none of the formats, a line or an entry does not fit, or an image has
            no caption; says where.
    """
    found = _from_csv(path) if path.suffix.lower() in (".txt", ".csv") else _from_json(path)
    if not found:
        raise ValueError(f"{path} has no image of the test split")
    silent = [name for name, captions in found.items() if not captions]
    if silent:
        raise ValueError(
            f"{path}: {counted(len(silent), 'image')} of {len(found)} without a caption: "
            f"{listing(silent, 3)}"
        )
    return found


def _from_json(path: Path) -> Captions:
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}:{error.lineno}: not JSON ({error.msg})") from error
    images = content.get("images") if isinstance(content, Mapping) else None
    if not isinstance(images, list):
        raise ValueError(
            f"{path} is neither Karpathy's JSON nor COCO's captions: it has no list 'images'"
        )
    is_coco = isinstance(content.get("annotations"), list)
    return _from_coco(path, images, content["annotations"]) if is_coco else _karpathy(path, images)


def _karpathy(path: Path, images: list[Any]) -> Captions:
    found: Captions = {}
    for number, image in enumerate(images):
        where = f"{path}: images[{number}]"
        if _get(image, "split", str, where) != "test":
            continue
        folder = image.get("filepath", "")
        name = str(Path(folder, _get(image, "filename", str, where)))
        sentences = _get(image, "sentences", list, where)
        captions = [_caption(_get(s, "raw", object, where), f"{where} ({name})") for s in sentences]
        if name in found:
            raise ValueError(f"{where}: {name} is listed twice")
        found[name] = captions
    return found


def _from_coco(path: Path, images: list[Any], annotations: list[Any]) -> Captions:
    names: dict[Any, str] = {}
    for number, image in enumerate(images):
        where = f"{path}: images[{number}]"
        id, name = _get(image, "id", int | str, where), _get(image, "file_name", str, where)
        if id in names:
            raise ValueError(f"{where}: the id {id!r} is also that of {names[id]}")
        names[id] = name
    found: Captions = {name: [] for name in names.values()}
    if len(found) < len(names):
        raise ValueError(f"{path}: {len(names) - len(found)} images are listed twice")
    for number, annotation in enumerate(annotations):
        where = f"{path}: annotations[{number}]"
        id = _get(annotation, "image_id", int | str, where)
        if id not in names:
            raise ValueError(f"{where}: no image has the id {id!r}")
        caption = _caption(_get(annotation, "caption", object, where), f"{where} ({names[id]})")
        found[names[id]].append(caption)
    return found


def _from_csv(path: Path) -> Captions:
    """Lines ``image,caption`` under a header; a caption that holds a comma is in quotes."""
    found: Captions = {}
    with open_text(path, newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            header = next(rows, [])
            if len(header) != 2:
                raise ValueError(
                    f"{path}:1: {counted(len(header), 'field')} where 'image,caption' is expected"
                )
            for row in rows:
                where = f"{path}:{rows.line_num}"
                if not row:
                    continue
                if len(row) != 2:
                    raise ValueError(
                        f"{where}: {counted(len(row), 'field')} where 2 are expected, image and "
                        "caption: put captions that hold a comma in double quotes"
                    )
                found.setdefault(row[0], []).append(_caption(row[1], f"{where} ({row[0]})"))
        except csv.Error as error:
            raise ValueError(f"{path}:{rows.line_num}: not CSV ({error})") from error
    return found


def _get(entry: Any, key: str, kind: Any, where: str) -> Any:
    if not isinstance(entry, Mapping) or not isinstance(entry.get(key), kind) or key not in entry:
        found = entry.get(key) if isinstance(entry, Mapping) else entry
        raise ValueError(
            f"{where}: its {key!r} is {str(found)[:60]!r}; the file is neither Karpathy's JSON nor "
            "COCO's captions"
        )
    return entry[key]


def _caption(caption: Any, where: str) -> str:
    """Pass on a caption; one that is no text or blank cannot be retrieved."""
    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(f"{where}: the caption is {caption!r}, which is no text")
    return caption
