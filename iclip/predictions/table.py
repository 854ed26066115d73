"""Predictions as a table, a row per thing found."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from iclip.files.atomic import open_atomically
from iclip.predictions.prediction import Prediction

COLUMNS = ("file", "seconds", "class", "label", "score", "x1", "y1", "x2", "y2", "share")


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Return the table as text, with a head; see :func:`write_csv`."""
    return "".join(_lines(predictions))


def write_csv(predictions: Sequence[Prediction], classes: Sequence[str], folder: Path) -> Path:
    """Write ``predictions.csv`` into a folder.

    A cell is empty where it has no meaning: boxes have corners in pixels, classes of pixels the
    share of the image that they cover, classes of whole images and videos neither. An image in
    which nothing was found has a row without a class.

    Raises:
        OSError: The file could not be written.
    """
    with open_atomically(folder / "predictions.csv") as file:
        for line in _lines(predictions):
            file.write(line.encode("utf-8", "backslashreplace"))
    return folder / "predictions.csv"


def _lines(predictions: Sequence[Prediction]) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\n"
    for prediction in predictions:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(_rows(prediction))
        yield buffer.getvalue()


def _rows(prediction: Prediction) -> Iterator[list[object]]:
    source = [prediction.file or prediction.title, _cell(prediction.seconds)]
    if not len(prediction):
        yield [*source, *[""] * (len(COLUMNS) - 2)]
    shares = None if prediction.boxes is not None else prediction.shares
    for place, name in enumerate(prediction.names):
        score = "" if prediction.scores is None else round(float(prediction.scores[place]), 4)
        boxes = prediction.boxes
        sides = [""] * 4 if boxes is None else [round(side, 2) for side in boxes[place].tolist()]
        share = "" if shares is None else round(float(shares[place]), 6)
        yield [*source, name, int(prediction.labels[place]), score, *sides, share]


def _cell(value: float | None) -> object:
    return "" if value is None else value
