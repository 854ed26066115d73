"""The forms in which predictions are written for other tools, by the name that a user gives."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.predictions.coco import write_coco
from iclip.predictions.fiftyone import write_fiftyone
from iclip.predictions.index_maps import write_index_maps
from iclip.predictions.labelstudio import write_labelstudio
from iclip.predictions.prediction import Prediction
from iclip.predictions.table import write_csv
from iclip.predictions.yolo import write_yolo
from iclip.tasks import DETECTION, SEGMENTATION, TRANSFERS, VIDEO

PICTURES = "pictures"
"""The drawings, which a command writes as it predicts."""


@dataclass(frozen=True)
class Format:
    """A form of predictions.

    Attributes:
        write: Writes predictions, given the names of the model's classes, into a folder; returns
            the file or folder that it made.
        tasks: Tasks whose predictions have this form.
    """

    write: Callable[[Sequence[Prediction], Sequence[str], Path], Path]
    tasks: tuple[str, ...]


FORMATS = {
    "coco": Format(write_coco, (DETECTION, SEGMENTATION)),
    "yolo": Format(write_yolo, (DETECTION, SEGMENTATION)),
    "masks": Format(write_index_maps, (SEGMENTATION,)),
    "labelstudio": Format(write_labelstudio, TRANSFERS),
    "fiftyone": Format(write_fiftyone, tuple(task for task in TRANSFERS if task != VIDEO)),
    "csv": Format(write_csv, TRANSFERS),
}


def parse_formats(text: str) -> tuple[str, ...]:
    """Read the names of formats, separated by commas, in any case; each counts once.

    Raises:
        ValueError: A name is not one of them.
    """
    names = [name.strip().lower() for name in text.split(",")]
    for name in names:
        if name not in FORMATS and name != PICTURES:
            allowed = ", ".join([PICTURES, *FORMATS])
            raise ValueError(f"--format {text}: {name!r} is not one of {allowed}")
    return tuple(dict.fromkeys(names))


def check_formats(names: Iterable[str], task: str) -> None:
    """Check that predictions of a task have the forms that are asked for.

    Raises:
        ValueError: They do not have one.
    """
    for name in names:
        if name != PICTURES and task not in FORMATS[name].tasks:
            fitting = [PICTURES, *(key for key, form in FORMATS.items() if task in form.tasks)]
            raise ValueError(
                f"--format {name} has no form for predictions of {task}; take {', '.join(fitting)}"
            )


def write_formats(
    names: Iterable[str], predictions: Sequence[Prediction], classes: Sequence[str], folder: Path
) -> list[Path]:
    """Write predictions in some forms, each whole or not at all; pictures are left out.

    Returns:
        The files or folders that were made.

    Raises:
        ValueError: The predictions of this task do not have the form.
        OSError: A file could not be written.
    """
    names = [name for name in names if name != PICTURES]
    if predictions:
        check_formats(names, predictions[0].task)
    return [FORMATS[name].write(predictions, classes, folder) for name in names]
