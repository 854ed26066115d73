"""The accuracy of each class, counted video by video."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from mmaction.evaluation.metrics import AccMetric  # isort: skip
from iclip.openmmlab.accuracy_per_class import AccuracyPerClass  # isort: skip
from iclip.results import ClassScore, ClassScores  # isort: skip


def test_accuracy_and_confusions_of_each_class(tmp_path: Path):
    (tmp_path / "labels.txt").write_text("left\nright\nup\n")
    metric = AccuracyPerClass(str(tmp_path / "val.txt"))
    rng = np.random.default_rng(0)
    scores = rng.random((20, 3)).astype(np.float32)
    labels = rng.integers(0, 2, 20)  # no video goes up
    for row, label in zip(scores, labels, strict=True):
        sample = {"pred_score": torch.from_numpy(row), "gt_label": torch.tensor([label])}
        metric.process({}, [sample])
    metrics = metric.evaluate(20)
    confusion = [[0] * 3 for _ in range(3)]
    for row, label in zip(scores, labels, strict=True):
        confusion[label][max(range(3), key=lambda i, row=row: row[i])] += 1
    found = metric.per_class
    assert found.confusion == tuple(map(tuple, confusion))
    assert (found.metric, found.counted) == ("top-1", "videos")
    (left, _, _), (_, right, _), _ = confusion
    assert found.classes == (
        ClassScore("left", pytest.approx(100 * left / sum(confusion[0])), sum(confusion[0])),
        ClassScore("right", pytest.approx(100 * right / sum(confusion[1])), sum(confusion[1])),
        ClassScore("up", None, 0),
    )
    assert ClassScores.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert metrics.keys() == {"acc/top1", "acc/top5", "acc/mean1"}
    assert metrics["acc/top1"] == pytest.approx((left + right) / 20)


def test_videos_without_a_single_best_class_count_as_wrong(tmp_path: Path):
    metric = AccuracyPerClass(str(tmp_path / "val.txt"))
    rows = [[0.5, 0.5, 0.0], [np.nan] * 3, [0.2, np.nan, 0.1], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    labels = [0, 0, 0, 0, 1]
    for row, label in zip(rows, labels, strict=True):
        sample = {"pred_score": torch.tensor(row), "gt_label": torch.tensor([label])}
        metric.process({}, [sample])
    metrics = metric.evaluate(5)
    # Of class 0 one in four is right; classes 1 and 2, which is only predicted, have none.
    assert metrics["acc/top1"] == pytest.approx(1 / 5)
    assert metrics["acc/mean1"] == pytest.approx((1 / 4 + 0 + 0) / 3)
    found = metric.per_class
    assert found.confusion == ((1, 0, 0), (0, 0, 1), (0, 0, 0))
    assert found.undecided == (3, 0, 0)
    assert [entry.value for entry in found.classes] == [25.0, 0.0, None]


@pytest.mark.parametrize("seed", [0, 1])
def test_metrics_without_ties_are_mmactions(seed: int, tmp_path: Path):
    rng = np.random.default_rng(seed)
    scores, labels = list(rng.random((40, 7), np.float32)), rng.integers(0, 6, 40).tolist()
    metric = AccuracyPerClass(str(tmp_path / "val.txt"))
    expected = AccMetric().calculate(scores, labels)
    assert metric.calculate(scores, labels) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("count", "first"), [(3, "class 0"), (400, "abseiling")], ids=["unnamed", "Kinetics"]
)
def test_classes_have_default_names_without_a_labels_file(count: int, first: str, tmp_path: Path):
    metric = AccuracyPerClass(str(tmp_path / "val.txt"))
    scores = torch.zeros(count)
    scores[1] = 1
    metric.process({}, [{"pred_score": scores, "gt_label": torch.tensor([0])}])
    metric.evaluate(1)
    assert metric.per_class.classes[0] == ClassScore(first, 0.0, 1)


def test_groups_have_the_top1_of_their_own_videos(tmp_path: Path):
    (tmp_path / "labels.txt").write_text("left\nright\nup\ndown\n")
    groups = dict(sides=["left", "Right"], none=["down"])
    metric = AccuracyPerClass(str(tmp_path / "val.txt"), groups=groups)
    # Label and predicted class: 2 of the 3 videos of the sides are right.
    for label, predicted in ((0, 0), (1, 3), (1, 1), (2, 0)):
        scores = torch.nn.functional.one_hot(torch.tensor(predicted), 4).float()
        metric.process({}, [{"pred_score": scores, "gt_label": torch.tensor([label])}])
    metrics = metric.evaluate(4)
    assert metrics["acc/top1_sides"] == pytest.approx(2 / 3)
    assert "acc/top1_none" not in metrics


def test_group_of_unknown_classes_is_named(tmp_path: Path):
    (tmp_path / "labels.txt").write_text("left\nright\n")
    with pytest.raises(ValueError, match=r"groups\.new=.*names 1 that are not: over"):
        AccuracyPerClass(str(tmp_path / "val.txt"), groups=dict(new=["over"]))
