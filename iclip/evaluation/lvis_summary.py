"""LVIS's scores: means of precision and recall, over all categories, over groups and for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Index of each score's area in the last axis of ``LVISSummary.precision``; 0 is all areas.
_AREAS = {"APs": 1, "APm": 2, "APl": 3}
# The categories of each score, by their frequency in the annotation file.
_FREQUENCIES = {"APr": "r", "APc": "c", "APf": "f"}


@dataclass(frozen=True)
class LVISSummary:
    """Precision and recall that an evaluation has measured; -1 marks categories without objects.

    Attributes:
        precision: (10, 101, N, 4): IoU thresholds 0.5, 0.55, ..., 0.95; recalls 0, 0.01, ..., 1;
            categories; areas (all, small, medium, large).
        recall: (10, N, 4): thresholds, categories, areas.
        frequencies: ``r``, ``c`` or ``f`` of each category; None if the file does not state it.
    """

    precision: np.ndarray
    recall: np.ndarray
    frequencies: tuple[str | None, ...]

    def means(self) -> dict[str, float]:
        """Return AP, AP50, AP75, APs, APm, APl and AR300, and with frequencies APr, APc and APf.

        Returns:
            Percent; -1 if there is nothing to measure.
        """
        of_category = np.array(self.frequencies)
        stated = any(frequency in _FREQUENCIES.values() for frequency in self.frequencies)
        groups = _FREQUENCIES if stated else {}
        parts = {
            "AP": self.precision[..., 0],
            "AP50": self.precision[0, ..., 0],
            "AP75": self.precision[5, ..., 0],  # thresholds in steps of 0.05
            **{name: self.precision[..., area] for name, area in _AREAS.items()},
            "AR300": self.recall[..., 0],
            **{n: self.precision[:, :, of_category == f, 0] for n, f in groups.items()},
        }
        return {name: _mean_of_measured(values) for name, values in parts.items()}

    def mean_of(self, labels: Sequence[int]) -> float:
        """Return the AP of some categories, by position, in percent; -1 without an object."""
        return _mean_of_measured(self.precision[:, :, list(labels), 0])

    def of_categories(self) -> list[float | None]:
        """Return the AP of each category in percent; None if there is nothing to measure."""
        columns = np.moveaxis(self.precision[..., 0], 2, 0)  # 10, 101, N -> N, 10, 101
        values = [_mean_of_measured(column) for column in columns]
        return [None if value < 0 else value for value in values]


def _mean_of_measured(values: np.ndarray) -> float:
    """Return the mean of the values that are not -1, in percent; -1 if all are."""
    measured = values[values > -1]
    return 100 * float(measured.mean()) if measured.size else -1.0
