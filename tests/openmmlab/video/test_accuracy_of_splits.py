"""Accuracy over three official splits, against counting by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before mmaction)
from tests.support.official_lists import write_ucf_lists

from iclip.openmmlab.video.accuracy_of_splits import AccuracyOfSplits  # isort: skip


@pytest.fixture
def metric(tmp_path: Path) -> AccuracyOfSplits:
    write_ucf_lists(tmp_path)
    return AccuracyOfSplits(
        splits=str(tmp_path), metric_options=dict(top_k_accuracy=dict(topk=(1,)))
    )


def sample(label: int, predicted: int, splits: tuple[int, ...], classes: int = 2) -> dict[str, Any]:
    scores = torch.full((classes,), 0.1)
    scores[predicted] = 0.9
    return dict(pred_score=scores, gt_label=torch.tensor([label]), splits=splits)


def test_mean_and_deviation_over_the_splits(metric: AccuracyOfSplits):
    metric.process(None, [sample(0, 0, (1, 2)), sample(1, 0, (1,)), sample(1, 1, (2,))])
    metric.process(None, [sample(1, 0, (3,)), sample(0, 0, (1, 3)), sample(0, 1, (3,))])
    found = metric.compute_metrics(metric.results)
    shares = [2 / 3, 2 / 2, 1 / 3]  # right of all, by split
    assert [found[f"split{split}_top1"] for split in (1, 2, 3)] == pytest.approx(shares)
    assert found["top1"] == pytest.approx(np.mean(shares))
    assert found["top1_std"] == pytest.approx(np.std(shares, ddof=1))
    # Means of the classes' shares: (2/2 + 0/1) / 2, 1, (1/2 + 0/1) / 2.
    assert found["mean1"] == pytest.approx(np.mean([1 / 2, 1, 1 / 4]))


def test_classes_count_each_video_once_and_have_words(metric: AccuracyOfSplits):
    metric.process(
        None, [sample(0, 0, (1, 2, 3)), sample(1, 0, (1, 2, 3)), sample(1, 1, (1, 2, 3))]
    )
    metric.compute_metrics(metric.results)
    scores = {one.name: (one.value, one.count) for one in metric.per_class.classes}
    assert scores == {"apply eye makeup": (100, 1), "handstand pushups": (50, 2)}


def test_split_without_a_video_is_named(metric: AccuracyOfSplits):
    metric.process(None, [sample(0, 0, (1, 2))])
    with pytest.raises(ValueError, match="none of the 1 videos is of split 3"):
        metric.compute_metrics(metric.results)


def test_scores_of_the_training_s_classes_are_refused(metric: AccuracyOfSplits):
    metric.process(None, [sample(0, 0, (1, 2, 3), classes=400)])
    told = r"scores of 400 classes, and UCF-101 has 2 .*by the hook iclip\.SetClasses"
    with pytest.raises(ValueError, match=told):
        metric.compute_metrics(metric.results)
