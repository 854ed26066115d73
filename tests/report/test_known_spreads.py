"""Measured spreads are BENCHMARKS' own figures."""

import re
import statistics

import pytest

from iclip.report.known_spreads import known_spread
from iclip.tasks import DETECTION, PRE_TRAINING, SEGMENTATION, VIDEO
from tests.support.source_imports import REPO

PAGE = (REPO / "BENCHMARKS.md").read_text(encoding="utf-8")


def table_row(start: str) -> list[str]:
    line = next(line for line in PAGE.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("seen/top1", 1), ("new_combination/top1", 3), ("new_combination_among_all/top1", 4),
        ("new_word/top1", 5), ("new_word_among_all/top1", 6), ("retrieval/tr_r1", 7),
        ("retrieval/ir_r1", 8), ("imagenet1k/top1", 1), ("coco/ir_r1", 8),
    ],
)  # fmt: skip
def test_pre_training_has_the_deviations_of_iclips_seeds(metric: str, column: int):
    found = known_spread(PRE_TRAINING, metric)
    assert found is not None
    assert f"± {found.deviation}" in table_row("| iCLIP |")[column]
    assert found.runs == 3


@pytest.mark.parametrize(
    ("task", "metric", "start"),
    [
        (DETECTION, "lvis/AP", "| detection, Faster R-CNN"),
        (DETECTION, "lvis/APr", "| | box AP of rare"),
        (SEGMENTATION, "mIoU", "| segmentation, MaskFormer"),
        (VIDEO, "acc/top1", "| video, Video Swin"),
    ],
)
def test_transfers_have_the_deviations_of_the_listed_runs(task: str, metric: str, start: str):
    values = list(map(float, re.findall(r"\d+\.\d", table_row(start)[2])))
    found = known_spread(task, metric)
    assert found is not None
    assert found.deviation == pytest.approx(statistics.stdev(values), abs=0.051)
    assert found.runs == len(values)


@pytest.mark.parametrize("task", [None, "classification", PRE_TRAINING])
def test_what_was_not_measured_has_no_spread(task: str | None):
    assert known_spread(task, "seen/top5") is None
