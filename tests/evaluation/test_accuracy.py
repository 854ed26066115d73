"""Accuracies against scikit-learn and loops."""

import math

import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix
from torch import Tensor

from iclip.evaluation import top_k_accuracy
from iclip.evaluation.accuracy import confusion, mean_class_accuracy, top1_accuracy
from tests.evaluation.odd_scores import odd_scores, prediction_in_loops

CLASSES = 7


@pytest.fixture
def scores() -> Tensor:
    return torch.randn(200, CLASSES, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def gt_labels() -> Tensor:
    """The last class never occurs."""
    return torch.randint(CLASSES - 1, (200,), generator=torch.Generator().manual_seed(1))


def test_top_k_equals_torch_topk_without_ties(scores: Tensor, gt_labels: Tensor):
    expected = {
        f"top{k}": 100
        * (scores.topk(k).indices == gt_labels[:, None]).any(1).double().mean().item()
        for k in (1, 5)
    }
    assert top_k_accuracy(scores, gt_labels) == expected


def test_k_that_covers_all_classes_is_left_out(scores: Tensor, gt_labels: Tensor):
    assert list(top_k_accuracy(scores[:, :5], gt_labels % 5)) == ["top1"]


def test_top_1_is_scikit_learns(scores: Tensor, gt_labels: Tensor):
    expected = 100 * accuracy_score(gt_labels, scores.argmax(dim=1))
    assert top1_accuracy(scores, gt_labels) == pytest.approx(expected)


def test_mean_over_the_classes_is_scikit_learns(scores: Tensor, gt_labels: Tensor):
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        expected = balanced_accuracy_score(gt_labels, scores.argmax(dim=1))
    assert mean_class_accuracy(scores, gt_labels) == pytest.approx(100 * expected)


def test_confusion_is_scikit_learns(scores: Tensor, gt_labels: Tensor):
    found = confusion(scores, gt_labels)
    expected = confusion_matrix(gt_labels, scores.argmax(dim=1), labels=range(CLASSES))
    assert found.counts.tolist() == expected.tolist()
    assert found.undecided.tolist() == [0] * CLASSES


@pytest.fixture
def odd() -> Tensor:
    found = odd_scores(200, CLASSES)
    assert 0 < sum(prediction_in_loops(row) is None for row in found.tolist()) < 200
    return found


def right_in_loops(odd: Tensor, gt_labels: Tensor) -> list[bool]:
    rows = zip(odd.tolist(), gt_labels.tolist(), strict=True)
    return [prediction_in_loops(row) == label for row, label in rows]


def test_rows_without_a_single_best_class_are_wrong(odd: Tensor, gt_labels: Tensor):
    expected = pytest.approx(100 * sum(right_in_loops(odd, gt_labels)) / 200)
    assert top1_accuracy(odd, gt_labels) == expected
    assert top_k_accuracy(odd, gt_labels)["top1"] == expected


def test_rows_without_a_single_best_class_are_wrong_in_their_class(odd: Tensor, gt_labels: Tensor):
    right = right_in_loops(odd, gt_labels)
    shares = []
    for label in range(CLASSES - 1):
        of_class = [r for r, truth in zip(right, gt_labels.tolist(), strict=True) if truth == label]
        shares.append(sum(of_class) / len(of_class))
    expected = 100 * sum(shares) / (CLASSES - 1)
    assert mean_class_accuracy(odd, gt_labels) == pytest.approx(expected)


def test_rows_without_a_single_best_class_stand_beside_the_confusion(
    odd: Tensor, gt_labels: Tensor
):
    counts, undecided = [[0] * CLASSES for _ in range(CLASSES)], [0] * CLASSES
    for row, label in zip(odd.tolist(), gt_labels.tolist(), strict=True):
        predicted = prediction_in_loops(row)
        if predicted is None:
            undecided[label] += 1
        else:
            counts[label][predicted] += 1
    found = confusion(odd, gt_labels)
    assert (found.counts.tolist(), found.undecided.tolist()) == (counts, undecided)


@pytest.mark.parametrize("faulty", [[0], [1], [0, 1, 2, 3, 4, 5, 6]], ids=["true", "other", "all"])
def test_row_with_a_score_that_is_not_a_number_never_counts(faulty: list[int]):
    scores = torch.tensor([[9.0, 1, 2, 3, 4, 5, 6], [9.0, 1, 2, 3, 4, 5, 6]])
    scores[0, faulty] = math.nan
    assert top_k_accuracy(scores, torch.tensor([0, 0])) == {"top1": 50.0, "top5": 50.0}
