"""What a finished fine-tuning says: its figures, class by class, and what to do next."""

import shlex
from pathlib import Path

from iclip.messages import counted, printable
from iclip.results import ClassScore, ClassScores, load_validation
from iclip.results.json_values import read_json
from iclip.results.run_files import BEST_METRICS_FILE, BEST_PER_CLASS_FILE
from iclip.tasks import in_percent

# So many of the best and of the worst classes are listed.
LISTED = 10


def closing_figures(folder: Path) -> list[str]:
    """Return the figures of the best checkpoint, a line each.

    Args:
        folder: The run's folder.

    Raises:
        ValueError: A file of the folder is damaged.
    """
    if not (folder / BEST_METRICS_FILE).is_file():
        return ["No validation had a score, so there is no best checkpoint."]
    result = load_validation(folder / BEST_METRICS_FILE)
    lines = [f"The best checkpoint, of iteration {result.settings.iteration:,}, in percent:"]
    for name, value in result.metrics.items():
        lines.append(f"  {name:<24}{_percent(in_percent(name, value))}")
    per_class = folder / BEST_PER_CLASS_FILE
    if per_class.is_file():
        lines += class_lines(ClassScores.from_json(read_json(per_class)))
    return lines


def class_lines(scores: ClassScores) -> list[str]:
    """List the classes by score, the best first: at most ten of the best and ten of the worst."""
    measured = [entry for entry in scores.classes if entry.value is not None]
    measured.sort(key=lambda entry: -(entry.value or 0))
    left = len(measured) - 2 * LISTED
    # None stands for the classes between.
    chosen = [*measured[:LISTED], None, *measured[-LISTED:]] if left > 0 else [*measured]
    width = max([len(printable(entry.name)) for entry in measured], default=0)
    lines = [f"{scores.metric} of each class, in percent, and its {scores.counted}:"]
    for entry in chosen:
        lines.append(f"  ... and {left} between" if entry is None else _class_line(entry, width))
    unmeasured = len(scores.classes) - len(measured)
    if unmeasured:
        lines.append(f"  ({counted(unmeasured, 'class', 'classes')} without {scores.counted})")
    return lines


def next_commands(folder: Path, data: str) -> list[str]:
    """Return the commands that use the model: predict, evaluate, report.

    Args:
        folder: The run's folder.
        data: The data, as the user named them.
    """
    # A file describes data that lie beside it.
    images = data if Path(data).is_dir() else str(Path(data).parent)
    return [
        shlex.join(["iclip", "predict", str(folder), images, "--out", str(folder / "predicted")]),
        shlex.join(["iclip", "evaluate", str(folder), "--data", data]),
        shlex.join(["iclip", "report", str(folder), "--out", str(folder / "report.html")]),
    ]


def _class_line(entry: ClassScore, width: int) -> str:
    assert entry.value is not None
    return f"  {printable(entry.name):<{width}}  {_percent(entry.value)}  {entry.count:>9,}"


def _percent(value: float) -> str:
    return f"{value:6.2f}" if value >= 0 else "     -"
