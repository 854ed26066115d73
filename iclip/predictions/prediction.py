"""What a model found in one image, in one frame of a video, or in a video."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iclip.predictions.masks import RunLengths, areas, decode
from iclip.predictions.picture_files import write_picture
from iclip.tasks import SEGMENTATION

Picture = npt.NDArray[np.uint8]

# The label of a pixel without a class.
NO_CLASS = -1


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model found; N things, the best or largest first.

    Attributes:
        task: One of :mod:`iclip.tasks`.
        classes: Names of all classes of the model.
        labels: (N,) int64, indices into ``classes``: of each box, each class that has pixels, or,
            where a whole image or video has one class, of all classes.
        scores: (N,) float32 in 0 to 1; None for segmentation, which has none.
        boxes: (N, 4) float32, x1, y1, x2, y2 in pixels of the upright image; None without boxes.
        runs: The masks as COCO's run lengths, one per label; None without masks.
        size: Width and height in pixels of the upright image; None for a video.
        title: A name for files about it, without a suffix.
        file: The image or video; None for an array.
        seconds: Time of the frame; None if it is not one.
        drawn: Draws a prediction over the image.
    """

    task: str
    classes: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32] | None = None
    boxes: npt.NDArray[np.float32] | None = None
    runs: tuple[RunLengths, ...] | None = None
    size: tuple[int, int] | None = None
    title: str = "image"
    file: Path | None = None
    seconds: float | None = None
    drawn: Callable[["Prediction"], Picture] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = Counter(self.names)
        told = ", ".join(f"{count} {name}" for name, count in counts.most_common(5))
        return f"<Prediction {self.title}: {told or 'nothing'}>"

    @property
    def names(self) -> list[str]:
        """Name of each label."""
        return [self.classes[label] for label in self.labels]

    @property
    def masks(self) -> npt.NDArray[np.bool_] | None:
        """Masks (N, H, W), decoded at each call; None without masks."""
        if self.runs is None or self.size is None:
            return None
        return decode(self.runs, self.size[1], self.size[0])

    @property
    def label_map(self) -> npt.NDArray[np.int64] | None:
        """Label of each pixel (H, W), -1 where none has it; None but for segmentation."""
        if self.task != SEGMENTATION or self.runs is None or self.size is None:
            return None
        width, height = self.size
        found = np.full((height, width), NO_CLASS, dtype=np.int64)
        # One mask at a time: those of 150 classes in 12 megapixels take 1.8 GB.
        for label, code in zip(self.labels, self.runs, strict=True):
            found[decode([code], height, width)[0]] = label
        return found

    @property
    def shares(self) -> npt.NDArray[np.float64] | None:
        """Share of the image's pixels of each mask (N,); None without masks."""
        if self.runs is None or self.size is None:
            return None
        return areas(self.runs) / (self.size[0] * self.size[1])

    def above(self, score: float) -> "Prediction":
        """Keep the boxes of at least a score; what has no boxes stays as it is."""
        if self.boxes is None or self.scores is None:
            return self
        return self._only(np.flatnonzero(self.scores >= score))

    def best(self, count: int) -> "Prediction":
        """Keep the first ``count``."""
        return self._only(np.arange(min(count, len(self))))

    def picture(self) -> Picture:
        """Draw it over the image, (H, W, 3) uint8 RGB, enlarged so that labels can be read.

        Raises:
            ValueError: It has no image: it was read from a file of predictions.
        """
        if self.drawn is None:
            raise ValueError(f"the prediction {self.title} has no image to be drawn over")
        # What was left out since, by `above` or `best`, is not drawn.
        return self.drawn(self)

    def save(self, path: str | Path) -> None:
        """Draw it and write the drawing; the suffix decides the format.

        Raises:
            ValueError: Pillow does not know the suffix, or there is no image.
            OSError: The file could not be written.
        """
        write_picture(self.picture(), Path(path))

    def _only(self, kept: npt.NDArray[np.int64]) -> "Prediction":
        """Keep what stands at some places."""
        return replace(
            self,
            labels=self.labels[kept],
            scores=None if self.scores is None else self.scores[kept],
            boxes=None if self.boxes is None else self.boxes[kept],
            runs=None if self.runs is None else tuple(self.runs[place] for place in kept),
        )
