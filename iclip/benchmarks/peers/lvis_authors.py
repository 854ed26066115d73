"""The LVIS authors' own evaluation."""

from pathlib import Path
from unittest.mock import patch

import numpy as np


def evaluate_file(annotations: Path, results: Path) -> dict[str, float]:
    """Return their means in percent, under the names of ``iclip.evaluation.lvis_ap``."""
    # Removed from numpy 1.24; their last release still calls it.
    with patch.object(np, "float", float, create=True):
        from lvis import LVISEval

        evaluation = LVISEval(str(annotations), str(results), "bbox")
        evaluation.run()
    names = ("AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf")
    return {name: 100 * evaluation.results[name] for name in names}
