"""Columns of the toy world's tables, and mean and spread over seeds.

Shared by the tables that the commands print and those of the report.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from iclip.tasks import DETECTION, SEGMENTATION, VIDEO

# Metrics by column; the first that a run has is taken (the supervised baseline has a head only).
PRE_TRAINING_COLUMNS: dict[str, tuple[str, ...]] = {
    "seen": ("seen/top1", "seen_head/top1"),
    "seen, head": ("seen_head/top1",),
    "new combination": ("new_combination/top1",),
    "new combination, among all": ("new_combination_among_all/top1",),
    "new word": ("new_word/top1",),
    "new word, among all": ("new_word_among_all/top1",),
    "R@1 image to text": ("retrieval/tr_r1",),
    "R@1 text to image": ("retrieval/ir_r1",),
}
# How the metrics of a transfer are shown, by task.
TRANSFER_METRICS: dict[str, dict[str, str]] = {
    DETECTION: {"lvis/AP": "box AP", "lvis/AP50": "box AP50", "lvis/APr": "box AP, rare"},
    SEGMENTATION: {"mIoU": "mIoU"},
    VIDEO: {"acc/top1": "top-1"},
}

# Metrics of a transfer on classes that its training showed, and on those that it never showed.
NEW_CLASS_COLUMNS = ("seen", "new combination", "new word")
NEW_CLASS_METRICS: dict[str, tuple[str, str, str]] = {
    DETECTION: ("lvis/AP_seen", "lvis/AP_new_combination", "lvis/AP_new_word"),
    VIDEO: ("acc/top1_seen", "acc/top1_new_combination", "acc/top1_new_word"),
    SEGMENTATION: ("mIoU_seen", "mIoU_new_combination", "mIoU_new_word"),
}


def first_values(runs: Iterable[Mapping[str, float]], names: Sequence[str]) -> list[float]:
    """Return each run's first of some metrics that it has; runs without any are left out."""
    found = (next((run[name] for name in names if name in run), None) for run in runs)
    return [value for value in found if value is not None]


def mean_and_spread(values: Sequence[float]) -> str:
    """Write mean ± sample standard deviation; ``-`` without values."""
    if not values:
        return "-"
    spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{spread}"
