"""Metrics against scikit-learn and loops."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix

from iclip.zeroshot.metrics import confusion, mean_11_point_ap, mean_per_class, top1


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
    ranked = [y for _, y in sorted(zip(scores, labels, strict=True), reverse=True) if y >= 0]
    total, points = sum(ranked), []
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
