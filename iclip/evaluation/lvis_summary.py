"""LVIS's scores, the means of precision and recall: over all categories, groups, and each one."""

from dataclasses import dataclass

import numpy as np

_AREAS = {"APs": 1, "APm": 2, "APl": 3}
_FREQUENCIES = {"APr": "r", "APc": "c", "APf": "f"}


@dataclass(frozen=True)
class LVISSummary:
    """Precision and recall that an evaluation has measured; -1 marks categories without objects.

    Attributes:
        precision: (10 IoU thresholds from 0.5, 101 recalls, N categories, 4 areas: all, small,
            medium, large).
        recall: (10, N, 4)
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
            "AP75": self.precision[5, ..., 0],
            **{name: self.precision[..., area] for name, area in _AREAS.items()},
            "AR300": self.recall[..., 0],
            **{n: self.precision[:, :, of_category == f, 0] for n, f in groups.items()},
        }
        return {name: _mean_of_measured(values) for name, values in parts.items()}

    def of_categories(self) -> list[float | None]:
        """Return the AP of each category in percent; None if there is nothing to measure."""
        columns = np.moveaxis(self.precision[..., 0], 2, 0)
        values = [_mean_of_measured(column) for column in columns]
        return [None if value < 0 else value for value in values]


def _mean_of_measured(values: np.ndarray) -> float:
    """Return the mean of the values that are not -1, in percent; -1 if all are."""
    measured = values[values > -1]
    return 100 * float(measured.mean()) if measured.size else -1.0
