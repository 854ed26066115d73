"""Spreads between equal runs that have been measured, for a run that has no other seeds beside it.

The paper states none. Those of the toy world are in BENCHMARKS.md: three seeds of iCLIP's
pre-training and of segmentation, three runs of detection and of video.
"""

import re

from iclip.report.distribution import Spread
from iclip.tasks import DETECTION, PRE_TRAINING, SEGMENTATION, VIDEO

TOY = "spread of the toy world's"
# Scores by task and the pattern of their names; the first pattern that fits counts.
_MEASURED: dict[str, tuple[tuple[str, float], ...]] = {
    PRE_TRAINING: (
        (r"new_combination_among_all/top1", 1.3),
        (r"new_combination/top1", 0.8),
        (r"new_word_among_all/top1", 3.8),
        (r"new_word/top1", 2.5),
        (r".*/top1", 1.4),
        (r".*/tr_r1", 20.7),
        (r".*/ir_r1", 19.1),
    ),
    # Sample standard deviations of the runs that the table lists.
    DETECTION: ((r"lvis/AP", 1.9), (r"lvis/APr", 3.6)),
    SEGMENTATION: ((r"mIoU", 0.4),),
    VIDEO: ((r"acc/top1", 7.3),),
}
_RUNS = 3


def known_spread(task: str | None, metric: str) -> Spread | None:
    """Return the measured spread of a score; None if there is none.

    Args:
        task: The run's task.
        metric: The score's whole name, such as ``lvis/AP``.
    """
    for pattern, deviation in _MEASURED.get(task or "", ()):
        if re.fullmatch(pattern, metric):
            return Spread(deviation, _RUNS, TOY)
    return None
