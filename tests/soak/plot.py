"""A plot of what was measured, one panel per quantity."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from tests.soak.process_tree import Sample
from tests.soak.slopes import WARM_UP, Slope


def draw(samples: Sequence[Sample], slopes: Sequence[Slope], file: Path) -> None:
    """Draw each series over the minutes, the warm-up in gray."""
    minutes = [(sample.seconds - samples[0].seconds) / 60 for sample in samples]
    figure, axes = plt.subplots(
        len(slopes), figsize=(9, 1.6 * len(slopes)), sharex=True, layout="constrained"
    )
    for axis, slope in zip(axes, slopes, strict=True):
        axis.plot(minutes, [getattr(sample, slope.name) for sample in samples], linewidth=0.8)
        axis.axvspan(0, WARM_UP * minutes[-1], color="0.9")
        axis.set_title(
            f"{slope.name}: {slope.per_hour:+.2f} ± {slope.margin:.2f} per hour, {slope.verdict}",
            loc="left",
            fontsize="small",
        )
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("minutes")
    figure.savefig(file, dpi=110)
    plt.close(figure)
