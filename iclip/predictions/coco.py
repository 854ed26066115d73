"""Predictions as a COCO file: a data set of images whose annotations have scores.

pycocotools reads the whole as ground truth (``COCO(file)``), and its ``annotations`` as results
(``loadRes``); labeling tools take it as a first guess.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from iclip.predictions.json_lists import write_json_lists
from iclip.predictions.masks import areas, extents
from iclip.predictions.prediction import Prediction

# COCO has no form for masks without a score, and loadRes keeps what is there: a class of pixels
# gets the score of what is certain.
_CERTAIN = 1.0


def as_coco(predictions: Sequence[Prediction], classes: Sequence[str]) -> dict[str, Any]:
    """Return predictions as the content of a COCO file.

    Args:
        predictions: Of boxes or of pixels, in the order of the images' ids, which begin at 1.
        classes: Names of the model's classes; a category's id is its label plus 1.
    """
    return {
        "images": list(_images(predictions)),
        "annotations": list(_annotations(predictions)),
        "categories": _categories(classes),
    }


def write_coco(predictions: Sequence[Prediction], classes: Sequence[str], folder: Path) -> Path:
    """Write ``coco.json`` into a folder; see :func:`as_coco`.

    Raises:
        OSError: The file could not be written.
    """
    lists = {
        "images": _images(predictions),
        "annotations": _annotations(predictions),
        "categories": _categories(classes),
    }
    write_json_lists(folder / "coco.json", lists)
    return folder / "coco.json"


def _categories(classes: Sequence[str]) -> list[dict[str, Any]]:
    return [{"id": label + 1, "name": name} for label, name in enumerate(classes)]


def _images(predictions: Sequence[Prediction]) -> Iterator[dict[str, Any]]:
    for number, prediction in enumerate(predictions, start=1):
        width, height = prediction.size or (0, 0)
        image: dict[str, Any] = {"id": number, "width": width, "height": height}
        if prediction.file is None or prediction.seconds is not None:
            # An array or a frame is not a file of its own.
            image["file_name"] = f"{prediction.title}.jpg"
        else:
            image["file_name"] = str(prediction.file)
        if prediction.seconds is not None:
            image |= {"video": str(prediction.file), "seconds": prediction.seconds}
        yield image


def _annotations(predictions: Sequence[Prediction]) -> Iterator[dict[str, Any]]:
    number = 0
    for image, prediction in enumerate(predictions, start=1):
        runs = prediction.runs
        found = extents(runs or ()) if prediction.boxes is None else prediction.boxes
        pixels = None if runs is None else areas(runs)
        for place, (x1, y1, x2, y2) in enumerate(found.tolist()):
            number += 1
            score = _CERTAIN if prediction.scores is None else float(prediction.scores[place])
            box = [round(side, 2) for side in (x1, y1, x2 - x1, y2 - y1)]
            annotation = {
                "id": number,
                "image_id": image,
                "category_id": int(prediction.labels[place]) + 1,
                "bbox": box,
                "area": box[2] * box[3] if pixels is None else int(pixels[place]),
                "iscrowd": 0,
                "score": round(score, 4),
            }
            yield annotation if runs is None else annotation | {"segmentation": runs[place]}
