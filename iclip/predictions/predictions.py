"""What a model found in several images or videos, as a list with everybody's formats."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from iclip.messages import counted
from iclip.predictions.coco import as_coco
from iclip.predictions.fiftyone import as_fiftyone
from iclip.predictions.formats import check_formats, write_formats
from iclip.predictions.labelstudio import LOCAL_FILES, as_labelstudio
from iclip.predictions.picture_files import is_picture_name
from iclip.predictions.prediction import Prediction
from iclip.predictions.table import as_csv
from iclip.predictions.yolo import as_yolo
from iclip.tasks import SEGMENTATION


class Predictions(Sequence[Prediction]):
    """A list of predictions; of a single one, its arrays are attributes, too.

    Args:
        found: The predictions, in the order of the inputs.
        task: One of :mod:`iclip.tasks`.
        classes: Names of the model's classes.
        failed: By input, why it has no prediction.
    """

    def __init__(
        self,
        found: Iterable[Prediction],
        task: str,
        classes: Sequence[str],
        failed: Mapping[str, str] | None = None,
    ) -> None:
        self._found = tuple(_with_titles_of_their_own(found))
        self.task = task
        self.classes = tuple(classes)
        self.failed = dict(failed or {})

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self._found)

    @overload
    def __getitem__(self, place: int) -> Prediction: ...
    @overload
    def __getitem__(self, place: slice) -> "Predictions": ...
    def __getitem__(self, place: int | slice) -> "Prediction | Predictions":
        if isinstance(place, slice):
            return Predictions(self._found[place], self.task, self.classes)
        return self._found[place]

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self._found[:3])) + (", ..." if len(self) > 3 else "")
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"<{counted(len(self), 'prediction')} of {self.task}{failed}: [{shown}]>"

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(N,) int64, see :class:`Prediction`; of a single one only, as all arrays here."""
        return self._only("labels").labels

    @property
    def names(self) -> list[str]:
        """Name of each label."""
        return self._only("names").names

    @property
    def scores(self) -> npt.NDArray[np.float32] | None:
        """(N,) float32 in 0 to 1; None for segmentation."""
        return self._only("scores").scores

    @property
    def boxes(self) -> npt.NDArray[np.float32] | None:
        """(N, 4) float32, x1, y1, x2, y2 in pixels; None without boxes."""
        return self._only("boxes").boxes

    @property
    def masks(self) -> npt.NDArray[np.bool_] | None:
        """(N, H, W) bool; None without masks."""
        return self._only("masks").masks

    @property
    def label_map(self) -> npt.NDArray[np.int64] | None:
        """(H, W) int64, -1 where no class is; None but for segmentation."""
        return self._only("label_map").label_map

    def save(self, path: str | Path) -> None:
        """Draw a single prediction into a file, or all of them into a folder.

        Args:
            path: A file with an image's suffix, or a folder, in which each picture gets its
                image's name.

        Raises:
            ValueError: It is a file, and there are several predictions; or they have no images.
            OSError: A file could not be written.
        """
        path = Path(path)
        if is_picture_name(path.name):
            self._only("save, into a file,").save(path)
            return
        for prediction in self:
            prediction.save(path / f"{prediction.title}.jpg")

    def write(self, folder: str | Path, formats: Iterable[str]) -> list[Path]:
        """Write all predictions in formats of other tools, as ``iclip predict --format`` does.

        Args:
            folder: Where; it is made if it does not exist.
            formats: Of ``coco``, ``yolo``, ``labelstudio``, ``fiftyone`` and ``csv``.

        Returns:
            The files or folders that were made.

        Raises:
            ValueError: The task's predictions do not have such a form.
            OSError: A file could not be written.
        """
        return write_formats(formats, self, self.classes, Path(folder))

    def to_coco(self) -> dict[str, Any]:
        """Return a COCO file's content; its ``annotations`` are what ``loadRes`` takes."""
        check_formats(["coco"], self.task)
        return as_coco(self, self.classes)

    def to_yolo(self, scores: bool = False) -> Mapping[str, str]:
        """Return YOLO's label files by the images' titles; ``scores`` appends a score per line."""
        check_formats(["yolo"], self.task)
        return as_yolo(self, scores)

    def to_labelstudio(
        self, model: str = "iclip", prefix: str = LOCAL_FILES
    ) -> list[dict[str, Any]]:
        """Return Label Studio's tasks with pre-annotations.

        Args:
            model: Shown as the version of the model.
            prefix: Comes before each file's path.
        """
        return as_labelstudio(self, model, prefix)

    def to_fiftyone(self) -> dict[str, Any]:
        """Return FiftyOne's ``labels.json`` of boxes, or of the classes of images.

        Raises:
            ValueError: The predictions are of videos, or of pixels, which FiftyOne takes as files.
        """
        check_formats(["fiftyone"], self.task)
        if self.task == SEGMENTATION:
            raise ValueError(
                "FiftyOne takes classes of pixels as files of masks: "
                "predictions.write(FOLDER, ['fiftyone'])"
            )
        return as_fiftyone(self, self.classes)

    def to_csv(self) -> str:
        """Return a table with a row per thing found."""
        return as_csv(self)

    def _only(self, what: str) -> Prediction:
        """Return the only prediction, whose attribute was asked for."""
        if len(self) != 1:
            raise ValueError(
                f"{what} of {counted(len(self), 'prediction')} is asked for; take one of them "
                "first, such as predictions[0], or go through them in a loop"
            )
        return self._found[0]


def _with_titles_of_their_own(found: Iterable[Prediction]) -> Iterator[Prediction]:
    """Add a number to titles that are taken, since files are named after them."""
    taken: set[str] = set()
    for prediction in found:
        title, number = prediction.title, 1
        while title.casefold() in taken:
            number += 1
            title = f"{prediction.title}_{number}"
        taken.add(title.casefold())
        yield prediction if number == 1 else replace(prediction, title=title)
