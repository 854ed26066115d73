"""Intersection over union of label maps, per class."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassPixels:
    """Pixels of images per class; counts of several images add up.

    Attributes:
        right: Pixels whose predicted class is the true one, (N,).
        predicted: Pixels that are predicted as the class, where the truth is known, (N,).
        true: Pixels of the class, (N,).
    """

    right: Counts
    predicted: Counts
    true: Counts

    def __add__(self, other: "ClassPixels") -> "ClassPixels":
        return ClassPixels(
            self.right + other.right, self.predicted + other.predicted, self.true + other.true
        )

    def iou(self) -> npt.NDArray[np.float64]:
        """Return each class's IoU in 0 to 1, (N,); NaN for one that is neither there nor predicted.

        mmseg's rule.
        """
        union = self.predicted + self.true - self.right
        return np.divide(self.right, union, out=np.full(len(union), np.nan), where=union > 0)

    def accuracy(self) -> float:
        """Return the share of right pixels among those whose class is known; NaN without any."""
        total = int(self.true.sum())
        return int(self.right.sum()) / total if total else float("nan")


def class_pixels(
    predicted: npt.NDArray[np.int64], true: npt.NDArray[np.int64], num_classes: int
) -> ClassPixels:
    """Count an image's pixels.

    Args:
        predicted: Predicted class of each pixel, (H, W); a pixel that has none, for example since
            the best scores are tied, has a number outside of 0 to N - 1, and is wrong.
        true: True class of each pixel, (H, W); a number outside of 0 to N - 1 is not counted.
        num_classes: N.
    """
    known = (true >= 0) & (true < num_classes)
    found, wanted = predicted[known], true[known]
    is_class = (found >= 0) & (found < num_classes)
    return ClassPixels(
        *(
            np.bincount(numbers, minlength=num_classes)
            for numbers in (wanted[found == wanted], found[is_class], wanted)
        )
    )


def mean_iou(pixels: ClassPixels) -> float:
    """Return the mean IoU of the classes that are there or predicted, in percent."""
    return 100 * float(np.nanmean(pixels.iou())) if len(pixels.true) else float("nan")


def mean_iou_by_chance(pixels: ClassPixels) -> float:
    """Return the expected mean IoU of classes that are drawn per pixel, all alike, in percent.

    For large maps: of a class with the share f of the pixels, f / N are right, and its union is
    f + (1 - f) / N.
    """
    total, count = pixels.true.sum(), len(pixels.true)
    if not total:
        return float("nan")
    shares = pixels.true / total
    return 100 * float(np.mean(shares / count / (shares + (1 - shares) / count)))
