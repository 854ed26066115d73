"""Whether a measured series grows: a line through it, and how sure its slope is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

# The beginning is left out: caches fill, and the allocator finds its size.
WARM_UP = 0.25
# Values within a validation or a save depend on each other. Medians of blocks, each longer than a
# round of both, nearly do not, and least squares' confidence holds for them.
BLOCKS = 12
CONFIDENCE = 0.95
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Slope:
    """The growth of one quantity.

    Attributes:
        name: The quantity.
        level: Its median after the warm-up.
        per_hour: Its slope by least squares.
        margin: Half the width of the slope's confidence interval, per hour.
        limit: The largest slope, per hour, that a run of weeks can bear.
    """

    name: str
    level: float
    per_hour: float
    margin: float
    limit: float

    @property
    def verdict(self) -> str:
        """Return ``grows``, ``flat``, or ``unclear`` if the series was too short to tell.

        It grows if the slope is above its limit and surely above zero, and is flat if the slope is
        surely below its limit.
        """
        if self.per_hour > self.limit and self.per_hour - self.margin > 0:
            return "grows"
        return "flat" if self.per_hour + self.margin <= self.limit else "unclear"


def fit_slope(name: str, seconds: Sequence[float], values: Sequence[float], limit: float) -> Slope:
    """Fit a line to a series after its warm-up.

    Args:
        name: The quantity.
        seconds: When its values were measured, ascending, (N,).
        values: The values, (N,).
        limit: See :class:`Slope`.

    Raises:
        ValueError: There are fewer than two values per block.
    """
    times, levels = np.asarray(seconds, float), np.asarray(values, float)
    kept = times >= times[0] + WARM_UP * (times[-1] - times[0]) if len(times) else times > 0
    times, levels = times[kept], levels[kept]
    if len(times) < 2 * BLOCKS:
        raise ValueError(
            f"{name}: {len(times)} samples after the warm-up, at least {2 * BLOCKS} are needed. "
            "Run longer, or sample more often"
        )
    hours = _blocks(times, np.mean) / SECONDS_PER_HOUR
    medians = _blocks(levels, np.median)
    if not np.ptp(medians):  # scipy's error of a constant series' slope is 0 / 0
        return Slope(name, float(medians[0]), 0.0, 0.0, limit)
    line = stats.linregress(hours, medians)
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, BLOCKS - 2)
    return Slope(
        name, float(np.median(levels)), float(line.slope), float(quantile * line.stderr), limit
    )


def _blocks(
    values: npt.NDArray[np.float64], center: Callable[[npt.NDArray[np.float64]], object]
) -> npt.NDArray[np.float64]:
    """Return the mean or the median of each block of consecutive values: N -> BLOCKS."""
    return np.array([center(block) for block in np.array_split(values, BLOCKS)])
