"""The probe on embeddings whose answer is known."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from iclip.zeroshot.probe import best_regularization, few_shot, linear_probe


@pytest.fixture
def clusters() -> tuple[np.ndarray, ...]:
    """Three classes around three points, noisy; train and test."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 40)
    centers = np.eye(3, 8)
    rows = centers[labels] + random.normal(scale=0.6, size=(120, 8))
    order = random.permutation(120)
    rows, labels = rows[order].astype(np.float32), labels[order]
    return rows[:90], labels[:90], rows[90:], labels[90:]


def test_probe_is_scikit_learns_at_its_regularization(clusters: tuple[np.ndarray, ...]):
    train, train_labels, test, test_labels = clusters
    found = linear_probe(*clusters)
    expected = LogisticRegression(C=found["C"], max_iter=1000).fit(train, train_labels)
    assert found["top1"] == pytest.approx(100 * expected.score(test, test_labels))
    assert found["top1"] > 60


@pytest.mark.parametrize("peak", [-6.0, -2.25, 0.125, 3.5, 6.0])
def test_search_finds_the_peak_in_steps_of_an_eighth_of_a_decade(peak: float):
    asked = []

    def accuracy(c: float) -> float:
        asked.append(c)
        return -abs(np.log10(c) - peak)

    best, _ = best_regularization(accuracy)
    assert np.log10(best) == pytest.approx(peak, abs=1e-9)
    assert len(asked) == len(set(asked)) <= 15


def test_equal_accuracies_take_the_stronger_regularization():
    assert best_regularization(lambda c: 50.0) == (pytest.approx(1e-6), 50.0)


def test_more_shots_help_and_too_many_are_left_out(clusters: tuple[np.ndarray, ...]):
    shots = few_shot(*clusters, shots=(1, 16, 64), seeds=3)
    assert list(shots) == [1, 16]
    assert shots[16]["mean"] > shots[1]["mean"]
    assert len(shots[1]["top1"]) == 3
    assert shots[1]["spread"] == pytest.approx(np.std(shots[1]["top1"], ddof=1))
