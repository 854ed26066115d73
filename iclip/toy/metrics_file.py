"""The figures of a run as training leaves them in ``metrics.json``."""

import json
import math
from pathlib import Path

METRICS_FILE = "metrics.json"


def read_metrics_file(file: Path) -> tuple[int, dict[str, float]]:
    """Read a run's figures.

    Returns:
        How many iterations the model was trained for, and its finite figures by name; one that is
        null was not finite and is left out.

    Raises:
        ValueError: The file is damaged, or holds something else; names it and says what to do.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        iteration, metrics = record["iteration"], record["metrics"].items()
        found = {name: float(value) for name, value in metrics if value is not None}
        return int(iteration), {name: v for name, v in found.items() if math.isfinite(v)}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{file} does not hold a run's figures ({type(error).__name__}: {error}). Remove it, "
            "and let the run validate again: tools/train.py --resume, or tools/test.py"
        ) from error
