"""Pictures of the objects that a detector names although training never showed their class."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from iclip.files.annotations import read_annotations
from iclip.files.atomic import write_atomically
from iclip.results.json_values import read_json
from iclip.text.class_texts import read_class_texts

COLORS = {"new_combination": "#ff8c00", "new_word": "#e600a0"}
"""The splits of the toy's categories that training never shows, with the colors of their boxes."""

_ENLARGED = 4  # the toy's scenes have 160 x 128 pixels
_TEXT_SIZE = 15
_SAME_OBJECT = 0.5  # IoU of boxes
_Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class NewObjects:
    """What the toy's LVIS validation has of the classes that training never shows.

    Attributes:
        classes: By name, the description and the split, a key of `COLORS`.
        objects: By the file name of each image that shows any, the name and the annotated box in
            pixels of each.
    """

    classes: Mapping[str, tuple[str, str]]
    objects: Mapping[str, list[tuple[str, _Box]]]


def read_new_objects(world: Path) -> NewObjects:
    """Read the class texts of a toy world and its annotations of validation."""
    classes = {
        text.names[0]: (text.description, split)
        for split in COLORS
        for text in read_class_texts(world / f"class_texts_{split}.jsonl")
    }
    content = read_annotations(world / "lvis/val.json")
    names = {category["id"]: category["name"] for category in content["categories"]}
    files = {image["id"]: Path(image["coco_url"]).name for image in content["images"]}
    objects: dict[str, list[tuple[str, _Box]]] = {}
    for annotation in content["annotations"]:
        name = names[annotation["category_id"]]
        if name in classes:
            x, y, width, height = annotation["bbox"]
            of_image = objects.setdefault(files[annotation["image_id"]], [])
            of_image.append((name, (x, y, x + width, y + height)))
    return NewObjects(classes, objects)


def draw_new_classes(new: NewObjects, predictions: Path, out: Path) -> None:
    """Draw what is found of new classes, in their colors, over what is annotated, in white.

    A detector has several names for an object; only the one of the highest score is drawn, where
    that is a new class.

    Args:
        new: What there is.
        predictions: ``predictions.json`` of ``iclip predict`` on images of the validation.
        out: Receives a picture per image, and at the end ``predictions.json`` with the words.
    """
    out.mkdir(parents=True, exist_ok=True)
    words = {}
    for name, record in read_json(predictions).items():
        there = new.objects.get(name, [])
        best = _best_names(*(record[key] for key in ("labels", "scores", "boxes")))
        found = [(label, score, box) for label, score, box in best if label in new.classes]
        picture = _drawn(Image.open(record["file"]), new, there, found)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        write_atomically(out / name, buffer.getvalue())
        told = [
            f"{new.classes[label][0]} {score:.2f} ({'right' if right else 'wrong'})"
            for label, score, box in found
            for right in [any(label == n and _iou(box, b) >= _SAME_OBJECT for n, b in there)]
        ]
        words[name] = {"labels": told or ["nothing of a new class"]}
    write_atomically(out / "predictions.json", json.dumps(words, indent=1) + "\n")


def _best_names(
    labels: Sequence[str], scores: Sequence[float], boxes: Sequence[_Box]
) -> list[tuple[str, float, _Box]]:
    """Keep the detections that no better one of the same object outdoes, best first."""
    kept: list[tuple[str, float, _Box]] = []
    for found in sorted(zip(labels, scores, boxes, strict=True), key=lambda d: -d[1]):
        if all(_iou(found[2], box) < _SAME_OBJECT for _, _, box in kept):
            kept.append(found)
    return kept


def _iou(a: _Box, b: _Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return both / (sum(areas) - both) if both else 0.0


def _drawn(
    image: Image.Image,
    new: NewObjects,
    there: Sequence[tuple[str, _Box]],
    found: Sequence[tuple[str, float, _Box]],
) -> Image.Image:
    """Draw over an enlarged image what is there, its words below, and what is found, above."""
    picture = image.convert("RGB").resize([_ENLARGED * side for side in image.size])
    brush = ImageDraw.Draw(picture)
    for name, box in there:
        _draw_box(brush, picture.size, box, new.classes[name][0], "white", "black", below=True)
    for label, score, box in found:
        description, split = new.classes[label]
        text = f"{description} {score:.2f}"
        _draw_box(brush, picture.size, box, text, COLORS[split], "white", below=False)
    return picture


def _draw_box(
    brush: ImageDraw.ImageDraw,
    size: tuple[int, int],
    box: _Box,
    text: str,
    color: str,
    ink: str,
    below: bool,
) -> None:
    """Draw a box with words at its lower or upper edge."""
    font = ImageFont.load_default(_TEXT_SIZE)
    left, top, right, bottom = (_ENLARGED * side for side in box)
    brush.rectangle((left, top, right, bottom), outline=color, width=1 if below else 3)
    # The words stay in the picture: they are long, and objects are small.
    line = _TEXT_SIZE + 3
    left = max(0.0, min(left, size[0] - brush.textlength(text, font)))
    top = min(bottom, size[1] - line) if below else max(0.0, top - line)
    brush.rectangle(brush.textbbox((left, top), text, font), fill=color)
    brush.text((left, top), text, ink, font)
