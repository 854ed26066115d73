"""Predictions as FiftyOne imports them; boxes are relative to the image's sides.

Boxes are a ``FiftyOneImageDetectionDataset``, classes of images a
``FiftyOneImageClassificationDataset``: links to the images in ``data/``, and ``labels.json``, whose
keys are the links' names without their suffixes. Classes of pixels are an
``ImageSegmentationDirectory``: the same links, and index masks in ``labels/``.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from operator import not_
from pathlib import Path
from typing import Any

import numpy as np

from iclip.files.atomic import write_atomically
from iclip.predictions.linked_images import link_image
from iclip.predictions.masks import decode
from iclip.predictions.picture_files import write_picture
from iclip.predictions.prediction import Prediction


def as_fiftyone(predictions: Sequence[Prediction], classes: Sequence[str]) -> dict[str, Any]:
    """Return the content of a ``labels.json`` without ``data/``: its keys are absolute paths.

    Args:
        predictions: Of boxes, or of the classes of images. A frame of a video and an array go by
            their title, since they are not files.
        classes: Names of the model's classes.
    """
    return _content(predictions, classes, _key)


def write_fiftyone(predictions: Sequence[Prediction], classes: Sequence[str], folder: Path) -> Path:
    """Write ``fiftyone/`` into a folder.

    It holds ``data/`` and ``labels.json``, or for classes of pixels ``labels/`` and
    ``mask_targets.json``, the names of the masks' values: a label plus 1, and 0 without a class.
    FiftyOne looks for an image of every label; those of frames and arrays, which are not files,
    stand in ``labels.json`` under ``without_image``, or in ``labels_without_image/``.

    Raises:
        OSError: A file could not be written.
    """
    root = folder / "fiftyone"
    (root / "data").mkdir(parents=True, exist_ok=True)
    linked = [link_image(prediction, root / "data") for prediction in predictions]
    if not any(_is_label_map(prediction) for prediction in predictions):
        content = _content(compress(predictions, linked), classes, _title)
        if not all(linked):
            others = compress(predictions, map(not_, linked))
            content["without_image"] = _content(others, classes, _title)["labels"]
        write_atomically(root / "labels.json", json.dumps(content) + "\n")
        return root
    for prediction, is_linked in zip(predictions, linked, strict=True):
        labels = root / ("labels" if is_linked else "labels_without_image")
        write_picture(_index_mask(prediction), labels / f"{prediction.title}.png")
    targets = {str(label + 1): name for label, name in enumerate(classes)}
    write_atomically(root / "mask_targets.json", json.dumps(targets, indent=1) + "\n")
    return root


def _content(
    predictions: Iterable[Prediction], classes: Sequence[str], key: Callable[[Prediction], str]
) -> dict[str, Any]:
    labels = {key(prediction): _labels(prediction) for prediction in predictions}
    return {"classes": list(classes), "labels": labels}


def _title(prediction: Prediction) -> str:
    return prediction.title


def _is_label_map(prediction: Prediction) -> bool:
    return prediction.boxes is None and prediction.runs is not None


def _key(prediction: Prediction) -> str:
    if prediction.file is None or prediction.seconds is not None:
        return _title(prediction)
    return str(prediction.file.resolve())


def _labels(prediction: Prediction) -> Any:
    """Return the list of an image's boxes, or its likeliest class."""
    scores = None if prediction.scores is None else prediction.scores.tolist()
    found = []
    for place, label in enumerate(prediction.labels.tolist()):
        entry: dict[str, Any] = {"label": label, "attributes": {}}
        if scores is not None:
            entry["confidence"] = round(scores[place], 4)
        found.append(entry)
    if prediction.boxes is None:
        return found[0] if found else None
    assert prediction.size is not None
    relative = prediction.boxes / np.tile(prediction.size, 2)
    # x1, y1, x2, y2 -> x, y, width, height
    relative[:, 2:] -= relative[:, :2]
    for entry, box in zip(found, relative.tolist(), strict=True):
        entry["bounding_box"] = [round(side, 6) for side in box]
    return found


def _index_mask(prediction: Prediction) -> Any:
    """Return labels plus 1 (H, W), 8 bits if they suffice, else 16."""
    assert prediction.runs is not None and prediction.size is not None
    width, height = prediction.size
    kind = np.uint8 if len(prediction.classes) < 256 else np.uint16
    found = np.zeros((height, width), dtype=kind)
    masks = decode(prediction.runs, height, width)
    for label, mask in zip(prediction.labels.tolist(), masks, strict=True):
        found[mask] = label + 1
    return found
