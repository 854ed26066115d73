"""Predictions as plain values, as ``predictions.json`` holds them, and back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_masks

from iclip.predictions.masks import RunLengths, areas
from iclip.predictions.prediction import Prediction

# A video's or an image's classes in a record; there may be thousands.
RECORDED_CLASSES = 5


def as_record(prediction: Prediction) -> dict[str, Any]:
    """Return a prediction as plain values for JSON.

    Returns:
        ``labels``, the names; of boxes ``scores`` to four digits, ``boxes`` to a tenth of a pixel,
        and ``masks`` where there are some; of pixels ``shares`` and ``masks``, one per class; of a
        whole image or video the ``scores`` of the likeliest classes. ``size`` is width and height.
    """
    size = {} if prediction.size is None else {"size": list(prediction.size)}
    if prediction.boxes is not None:
        masks = {} if prediction.runs is None else {"masks": list(prediction.runs)}
        boxes = [[round(side, 1) for side in box] for box in prediction.boxes.tolist()]
        return {**_names_and_scores(prediction), "boxes": boxes, **masks, **size}
    if prediction.runs is not None:
        return {**_classes_of_pixels(prediction), **size}
    return {**_names_and_scores(prediction.best(RECORDED_CLASSES)), **size}


def from_record(
    record: Mapping[str, Any], task: str, classes: Sequence[str], title: str
) -> Prediction:
    """Return what a record of ``predictions.json`` says; it cannot be drawn.

    Args:
        record: See :func:`as_record`; with ``file``, and ``seconds`` of a frame.
        task: One of :mod:`iclip.tasks`.
        classes: Names of the model's classes.
        title: A name for files about it.

    Raises:
        ValueError: The record lacks what an earlier version did not write, or names a class that
            the model does not have.
    """
    places = {name: place for place, name in reversed(list(enumerate(classes)))}
    try:
        labels = [places[name] for name in record["labels"]]
        is_detection, is_map = "boxes" in record, "shares" in record
        size = (*record["size"],) if is_detection or is_map else None
        runs = (*record["masks"],) if is_map else (*record.get("masks", ()),) or None
    except KeyError as error:
        raise ValueError(
            f"the record of {title} lacks {error}: it is of an earlier version of the hub, or of "
            "another model. Predict into another folder"
        ) from error
    return Prediction(
        task,
        (*classes,),
        np.array(labels, dtype=np.int64),
        None if is_map else np.array(record["scores"], dtype=np.float32),
        np.array(record["boxes"], dtype=np.float32).reshape(-1, 4) if is_detection else None,
        runs,
        size,
        title,
        Path(record["file"]),
        record.get("seconds"),
    )


def newest_records(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Keep the last record of each file and frame: a file may have changed since an earlier one."""
    pictures = {(record["file"], record.get("seconds")): name for name, record in records.items()}
    kept = set(pictures.values())
    return {name: record for name, record in records.items() if name in kept}


def _names_and_scores(prediction: Prediction) -> dict[str, Any]:
    scores = [] if prediction.scores is None else prediction.scores.tolist()
    return {"labels": prediction.names, "scores": [round(score, 4) for score in scores]}


def _classes_of_pixels(prediction: Prediction) -> dict[str, Any]:
    """Return the classes of the pixels, the largest first; segments of one class are joined."""
    assert prediction.runs is not None and prediction.size is not None
    by_label: dict[int, list[RunLengths]] = {}
    for label, code in zip(prediction.labels.tolist(), prediction.runs, strict=True):
        by_label.setdefault(label, []).append(code)
    joined = {label: _joined(codes) for label, codes in by_label.items()}
    counts = dict(zip(joined, areas([*joined.values()]).tolist(), strict=True))
    order = sorted(joined, key=lambda label: (counts[label], label), reverse=True)
    pixels = prediction.size[0] * prediction.size[1]
    return {
        "labels": [prediction.classes[label] for label in order],
        "shares": [round(counts[label] / pixels, 4) for label in order],
        "masks": [joined[label] for label in order],
    }


def _joined(codes: Sequence[RunLengths]) -> RunLengths:
    """Join the masks of segments."""
    if len(codes) == 1:
        return codes[0]
    code = coco_masks.merge(list(codes))
    return {"size": list(code["size"]), "counts": code["counts"].decode()}
