"""Predictions as YOLO writes them: a text file per image, a line per box or polygon.

``class x y width height`` with the box's center, or ``class x1 y1 x2 y2 ...``, all relative to the
image's sides. The scores are left out, unless they are asked for, so that a training reads the
files.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from iclip.files.atomic import write_atomically
from iclip.predictions.linked_images import link_image
from iclip.predictions.masks import polygons
from iclip.predictions.prediction import Prediction


def as_yolo(predictions: Sequence[Prediction], scores: bool = False) -> Mapping[str, str]:
    """Return the label file of each image by the image's title.

    Args:
        predictions: Of boxes, or of masks, which become polygons.
        scores: Append a box's score to its line, as ``save_conf`` does.
    """
    return {prediction.title: _text(prediction, scores) for prediction in predictions}


def write_yolo(predictions: Sequence[Prediction], classes: Sequence[str], folder: Path) -> Path:
    """Write ``yolo/`` into a folder: ``data.yaml``, ``labels/``, and links in ``images/``.

    Frames of videos have labels and no image.

    Raises:
        OSError: A file could not be written.
    """
    root = folder / "yolo"
    (root / "images").mkdir(parents=True, exist_ok=True)
    for prediction in predictions:
        link_image(prediction, root / "images")
        write_atomically(root / "labels" / f"{prediction.title}.txt", _text(prediction, False))
    content = dict(path=".", train="images", val="images", names=dict(enumerate(classes)))
    described = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=math.inf)
    write_atomically(root / "data.yaml", described)
    return root


def _text(prediction: Prediction, scores: bool) -> str:
    return "".join(line + "\n" for line in _lines(prediction, scores))


def _lines(prediction: Prediction, scores: bool) -> Iterator[str]:
    assert prediction.size is not None
    width, height = prediction.size
    if prediction.runs is not None:
        for label, code in zip(prediction.labels.tolist(), prediction.runs, strict=True):
            for corners in polygons(code):
                relative = (corners / (width, height)).reshape(-1).tolist()
                yield " ".join([str(label), *(f"{side:.6f}" for side in relative)])
        return
    assert prediction.boxes is not None
    for place, (x1, y1, x2, y2) in enumerate(prediction.boxes.tolist()):
        center = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height)
        numbers = [*center, (x2 - x1) / width, (y2 - y1) / height]
        if scores and prediction.scores is not None:
            numbers.append(float(prediction.scores[place]))
        line = " ".join(f"{number:.6f}" for number in numbers)
        yield f"{int(prediction.labels[place])} {line}"
