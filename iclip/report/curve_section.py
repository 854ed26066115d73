"""Training curves: the logged scalars of the runs over their iterations."""

from collections.abc import Sequence

from iclip.messages import counted
from iclip.report.page_elements import Plot, Section
from iclip.report.plots import line_plot
from iclip.report.run import Run
from iclip.report.seeds import grouped

# Logged scalars that have a curve, with the label of its axis.
CURVES = {"loss": "loss", "lr": "learning rate", "images_per_second": "images/s"}
MOST_CURVES = 12


def curve_section(runs: Sequence[Run]) -> Section:
    """Draw the training curves; of a group of seeds, only the first one's."""
    groups = {name: members[0] for name, members in grouped(runs).items() if members[0].curve}
    shown = dict(list(groups.items())[:MOST_CURVES])
    plots = []
    for key, label in CURVES.items():
        series = {name: points for name, run in shown.items() if (points := _points(run, key))}
        if series:
            words = f"{label} over iterations: " + "; ".join(
                f"{name} from {points[0][1]:.3g} to {points[-1][1]:.3g}"
                for name, points in series.items()
            )
            plots.append(Plot(label, line_plot(series, "iteration", label), words))
    left_out = len(groups) - len(shown)
    text = [f"{counted(left_out, 'further run')} not drawn."] if left_out > 0 else []
    return Section("curves", "Training curves", text=text, plots=plots)


def _points(run: Run, key: str) -> list[tuple[float, float]]:
    """Return iteration and value of each log line that has a scalar."""
    found = []
    for line in run.curve:
        # mmengine's own log processor leaves the prefix out unless it is told otherwise.
        value = line.get(f"train/{key}", line.get(key))
        if value is not None and "step" in line:
            found.append((float(line["step"]), float(value)))
    return found
