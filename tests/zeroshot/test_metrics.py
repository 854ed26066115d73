"""Metrics against scikit-learn and loops."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix

from iclip.zeroshot.metrics import (
    confusion,
    mean_11_point_ap,
    mean_per_class,
    top1,
    undecided,
)


@pytest.fixture
def scores() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(200, 7))


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 6, 200)  # class 6 never occurs


def test_accuracies_are_scikit_learns(scores: np.ndarray, labels: np.ndarray):
    predicted = scores.argmax(axis=1)
    assert top1(scores, labels) == pytest.approx(100 * accuracy_score(labels, predicted))
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        expected = balanced_accuracy_score(labels, predicted)
    assert mean_per_class(scores, labels) == pytest.approx(100 * expected)
    expected = confusion_matrix(labels, predicted, labels=range(7))
    assert np.array_equal(confusion(scores, labels), expected)


def eleven_points_in_loops(scores: list[float], labels: list[int]) -> float:
    """The PASCAL VOC 2007 development kit's definition, point by point."""
    rows = [(score, y) for score, y in zip(scores, labels, strict=True) if y >= 0]
    total, points = sum(y for _, y in rows), []
    # NaN stands first and is a miss; among equals, what shows the class stands last.
    rows = [(math.inf, 0) if math.isnan(score) else (score, y) for score, y in rows]
    ranked = [y for _, y in sorted(rows, key=lambda row: (-row[0], row[1]))]
    for level in range(11):
        best = 0.0
        for k in range(1, len(ranked) + 1):
            hits = sum(ranked[:k])
            if hits / total >= level / 10 - 1e-9:
                best = max(best, hits / k)
        points.append(best)
    return sum(points) / 11


def test_11_point_ap_in_loops(scores: np.ndarray):
    labels = np.random.default_rng(2).choice([-1, 0, 1], size=(200, 7), p=[0.1, 0.6, 0.3])
    expected = [eleven_points_in_loops(list(scores[:, c]), list(labels[:, c])) for c in range(7)]
    assert mean_11_point_ap(scores, labels) == pytest.approx(100 * sum(expected) / 7)


def test_difficult_objects_do_not_count():
    scores = np.array([[3.0], [2.0], [1.0]])
    assert mean_11_point_ap(scores, np.array([[-1], [1], [0]])) == pytest.approx(100)
    assert mean_11_point_ap(scores, np.array([[0], [1], [0]])) == pytest.approx(50)


@pytest.fixture
def odd_scores() -> np.ndarray:
    """Few distinct values, so that equal ones are frequent, and some NaN."""
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 9, size=(200, 7)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.02] = np.nan
    return scores


def prediction_in_loops(row: list[float]) -> int | None:
    """The single best class; None where there is none."""
    if any(math.isnan(score) for score in row):
        return None
    best = [i for i, score in enumerate(row) if score == max(row)]
    return best[0] if len(best) == 1 else None


def test_ties_and_nan_never_count_in_accuracy(odd_scores: np.ndarray, labels: np.ndarray):
    predicted = [prediction_in_loops(row) for row in odd_scores.tolist()]
    assert 0 < predicted.count(None) < 200
    right = [p == label for p, label in zip(predicted, labels.tolist(), strict=True)]
    assert top1(odd_scores, labels) == pytest.approx(100 * sum(right) / 200)
    shares = []
    for label in range(6):
        of_class = [r for r, truth in zip(right, labels.tolist(), strict=True) if truth == label]
        shares.append(sum(of_class) / len(of_class))
    assert mean_per_class(odd_scores, labels) == pytest.approx(100 * sum(shares) / 6)


def test_rows_without_a_prediction_stand_beside_the_confusion(
    odd_scores: np.ndarray, labels: np.ndarray
):
    counts, without = np.zeros((7, 7), int), [0] * 7
    for row, label in zip(odd_scores.tolist(), labels.tolist(), strict=True):
        predicted = prediction_in_loops(row)
        if predicted is None:
            without[label] += 1
        else:
            counts[label][predicted] += 1
    assert confusion(odd_scores, labels) == counts.tolist()
    assert undecided(odd_scores, labels) == without


def test_11_point_ap_of_ties_and_nan_in_loops(odd_scores: np.ndarray):
    labels = np.random.default_rng(2).choice([-1, 0, 1], size=(200, 7), p=[0.1, 0.6, 0.3])
    columns = zip(odd_scores.T.tolist(), labels.T.tolist(), strict=True)
    expected = [eleven_points_in_loops(scores, flags) for scores, flags in columns]
    assert mean_11_point_ap(odd_scores, labels) == pytest.approx(100 * sum(expected) / 7)


@pytest.mark.parametrize("value", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("metric", [top1, mean_per_class])
def test_constant_scores_are_right_nowhere(metric, value: float):
    assert metric(np.full((8, 2), value), np.arange(8) % 2) == 0


@pytest.mark.parametrize("value", [0.0, math.nan])
def test_constant_scores_have_no_average_precision(value: float):
    labels = np.random.default_rng(4).integers(0, 2, (20, 3))
    assert mean_11_point_ap(np.full((20, 3), value), labels) == 0


def test_class_on_every_image_has_full_average_precision():
    assert mean_11_point_ap(np.zeros((5, 1)), np.ones((5, 1), int)) == pytest.approx(100)
