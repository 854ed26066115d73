"""Predictions as Label Studio's tasks with pre-annotations: coordinates in percent of the sides.

A labeling configuration names its controls as here: ``label`` for boxes and outlines, ``choice``
for classes, ``image`` or ``video`` for what they are about.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from iclip.predictions.json_lists import write_json_list
from iclip.predictions.masks import polygons
from iclip.predictions.prediction import Prediction
from iclip.tasks import VIDEO

LOCAL_FILES = "/data/local-files/?d="
"""How Label Studio names files below its LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT, here ``/``."""


def as_labelstudio(
    predictions: Sequence[Prediction], model: str = "iclip", prefix: str = LOCAL_FILES
) -> list[dict[str, Any]]:
    """Return a task per prediction.

    Args:
        predictions: Of any task.
        model: Label Studio shows it as the version of the model.
        prefix: Comes before each file's path, which is absolute, without its first slash. Behind a
            path or a web address it is escaped as in URLs, behind a bucket's (``s3://``) it is not.
    """
    return list(_tasks(predictions, model, prefix))


def write_labelstudio(
    predictions: Sequence[Prediction], classes: Sequence[str], folder: Path
) -> Path:
    """Write ``labelstudio.json`` into a folder; see :func:`as_labelstudio`.

    Raises:
        OSError: The file could not be written.
    """
    write_json_list(folder / "labelstudio.json", _tasks(predictions, "iclip", LOCAL_FILES))
    return folder / "labelstudio.json"


def _tasks(predictions: Sequence[Prediction], model: str, prefix: str) -> Iterator[dict[str, Any]]:
    for prediction in predictions:
        kind = "video" if prediction.task == VIDEO else "image"
        results = list(_results(prediction, kind))
        for number, result in enumerate(results):
            result["id"] = f"{prediction.title}-{number}"
        told: dict[str, Any] = {"model_version": model, "result": results}
        if prediction.scores is not None and len(prediction):
            told["score"] = round(float(prediction.scores.max()), 4)
        yield {"data": {kind: _address(prediction, prefix)}, "predictions": [told]}


def _address(prediction: Prediction, prefix: str) -> str:
    if prediction.file is None or prediction.seconds is not None:
        path = f"{prediction.title}.jpg"
    else:
        path = str(prediction.file.resolve()).lstrip("/")
    # Label Studio decodes what stands behind ?d=, where a # or & would end the path.
    return prefix + (quote(path) if prefix.startswith(("/", "http")) else path)


def _results(prediction: Prediction, kind: str) -> Iterator[dict[str, Any]]:
    if prediction.boxes is None and prediction.runs is None:
        for name in prediction.best(1).names:
            value: dict[str, Any] = {"choices": [name]}
            yield {"from_name": "choice", "to_name": kind, "type": "choices", "value": value}
        return
    assert prediction.size is not None
    width, height = prediction.size
    shape = {"original_width": width, "original_height": height, "image_rotation": 0}
    for place, name in enumerate(prediction.names):
        score = {} if prediction.scores is None else {"score": _score(prediction, place)}
        for form, value in _values(prediction, place, width, height):
            value[form] = [name]
            yield {
                "from_name": "label", "to_name": kind, "type": form, "value": value,
                **shape, **score,
            }  # fmt: skip


def _score(prediction: Prediction, place: int) -> float:
    assert prediction.scores is not None
    return round(float(prediction.scores[place]), 4)


def _values(
    prediction: Prediction, place: int, width: int, height: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the type and the coordinates of a box, or of each outline of a mask."""
    if prediction.runs is not None:
        for corners in polygons(prediction.runs[place]):
            points = (corners / (width, height) * 100).round(4).tolist()
            yield "polygonlabels", {"points": points, "closed": True}
        return
    assert prediction.boxes is not None
    x1, y1, x2, y2 = prediction.boxes[place].tolist()
    sides = {"x": x1 / width, "y": y1 / height}
    sides |= {"width": (x2 - x1) / width, "height": (y2 - y1) / height}
    yield "rectanglelabels", {
        "rotation": 0, **{name: round(100 * side, 4) for name, side in sides.items()}
    }  # fmt: skip
