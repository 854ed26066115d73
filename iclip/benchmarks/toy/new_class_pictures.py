"""Pictures of the objects that a detector names although training never showed their class."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from iclip.files.annotations import read_annotations
from iclip.files.atomic import write_atomically
from iclip.results.json_values import read_json
from iclip.text.class_texts import read_class_texts

COLORS = {"new_combination": "#ff8c00", "new_word": "#e600a0"}
"""The splits of the toy's categories that training never shows, with the colors of their boxes."""

_ENLARGED = 4  # the toy's scenes have 160 x 128 pixels
_TEXT_SIZE = 15
_Box = tuple[float, float, float, float]  # left, top, right, bottom
_Found = tuple[str, str, _Box]  # words, split, box


@dataclass(frozen=True)
class NewObjects:
    """What the toy's LVIS validation has of the classes that training never shows.

    Attributes:
        classes: By name, the description and the split, a key of `COLORS`.
        boxes: By the file name of each image that shows any, the annotated boxes in pixels.
    """

    classes: Mapping[str, tuple[str, str]]
    boxes: Mapping[str, list[_Box]]


def read_new_objects(world: Path) -> NewObjects:
    """Read the class texts of a toy world and its annotations of validation."""
    classes = {
        text.names[0]: (text.description, split)
        for split in COLORS
        for text in read_class_texts(world / f"class_texts_{split}.jsonl")
    }
    content = read_annotations(world / "lvis/val.json")
    ids = {category["id"] for category in content["categories"] if category["name"] in classes}
    files = {image["id"]: Path(image["coco_url"]).name for image in content["images"]}
    boxes: dict[str, list[_Box]] = {}
    for annotation in content["annotations"]:
        if annotation["category_id"] in ids:
            x, y, width, height = annotation["bbox"]
            of_image = boxes.setdefault(files[annotation["image_id"]], [])
            of_image.append((x, y, x + width, y + height))
    return NewObjects(classes, boxes)


def draw_new_classes(new: NewObjects, predictions: Path, out: Path) -> None:
    """Draw what was found of new classes, in their colors, and the annotated boxes, in white.

    Args:
        new: What there is.
        predictions: ``predictions.json`` of ``iclip predict`` on images of the validation.
        out: Receives a picture per image, and at the end ``predictions.json`` with the words.
    """
    out.mkdir(parents=True, exist_ok=True)
    words = {}
    for name, record in read_json(predictions).items():
        found = list(_found(record, new))
        picture = _drawn(Image.open(record["file"]), found, new.boxes.get(name, ()))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        write_atomically(out / name, buffer.getvalue())
        told = [f"{text} ({split.replace('_', ' ')})" for text, split, _ in found]
        words[name] = {"labels": told or ["nothing of a new class"]}
    write_atomically(out / "predictions.json", json.dumps(words, indent=1) + "\n")


def _found(record: Mapping[str, Any], new: NewObjects) -> Iterator[_Found]:
    """Yield the words, the split and the box of each detection of a new class."""
    columns = (record[key] for key in ("labels", "scores", "boxes"))
    for label, score, box in zip(*columns, strict=True):
        if label in new.classes:
            description, split = new.classes[label]
            yield f"{description} {score:.2f}", split, tuple(box)


def _drawn(image: Image.Image, found: Iterable[_Found], annotated: Iterable[_Box]) -> Image.Image:
    """Draw boxes over an enlarged image."""
    picture = image.convert("RGB").resize([_ENLARGED * side for side in image.size])
    brush, font = ImageDraw.Draw(picture), ImageFont.load_default(_TEXT_SIZE)
    for box in annotated:
        brush.rectangle([_ENLARGED * side for side in box], outline="white", width=1)
    for text, split, box in found:
        left, top, right, bottom = (_ENLARGED * side for side in box)
        brush.rectangle((left, top, right, bottom), outline=COLORS[split], width=3)
        # The words stay in the picture: they are long, and objects are small.
        left = max(0.0, min(left, picture.width - brush.textlength(text, font)))
        place = left, max(0.0, top - _TEXT_SIZE - 3)
        brush.rectangle(brush.textbbox(place, text, font), fill=COLORS[split])
        brush.text(place, text, "white", font)
    return picture
