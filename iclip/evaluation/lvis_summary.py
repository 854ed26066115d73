"""LVIS's figures as means over precision and recall: of all categories, of groups, of each one."""

from dataclasses import dataclass

import numpy as np

_AREAS = {"APs": 1, "APm": 2, "APl": 3}
_FREQUENCIES = {"APr": "r", "APc": "c", "APf": "f"}


@dataclass(frozen=True)
class LVISSummary:
    """What an evaluation has measured; -1 marks categories without objects.

    Attributes:
        precision: (10 IoU thresholds from 0.5, 101 recalls, N categories, 4 areas: all, small,
            medium, large).
        recall: (10, N, 4)
        frequencies: ``r``, ``c`` or ``f`` of each category; None where the file does not say.
    """

    precision: np.ndarray
    recall: np.ndarray
    frequencies: tuple[str | None, ...]

    def summary(self) -> dict[str, float]:
        """AP, AP50, AP75, APs, APm, APl and AR300; APr, APc and APf where categories have those.

        Returns:
            Percent; -1 where there is nothing to measure. A file without frequencies has no APr,
            APc and APf.
        """
        of_category = np.array(self.frequencies)
        stated = any(frequency in _FREQUENCIES.values() for frequency in self.frequencies)
        groups = _FREQUENCIES if stated else {}
        figures = {
            "AP": self.precision[..., 0],
            "AP50": self.precision[0, ..., 0],
            "AP75": self.precision[5, ..., 0],
            **{name: self.precision[..., area] for name, area in _AREAS.items()},
            "AR300": self.recall[..., 0],
            **{n: self.precision[:, :, of_category == f, 0] for n, f in groups.items()},
        }
        return {name: _mean_of_measured(values) for name, values in figures.items()}

    def of_categories(self) -> list[float | None]:
        """AP of each category in percent; None where there is nothing to measure."""
        columns = np.moveaxis(self.precision[..., 0], 2, 0)
        values = [_mean_of_measured(column) for column in columns]
        return [None if value < 0 else value for value in values]


def _mean_of_measured(values: np.ndarray) -> float:
    """Mean in percent over what is not -1, the mark of categories without objects; else -1."""
    measured = values[values > -1]
    return 100 * float(measured.mean()) if measured.size else -1.0
