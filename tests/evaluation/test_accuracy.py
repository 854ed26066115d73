import math

import pytest
import torch

from iclip.evaluation import top_k_accuracy


def test_equals_torch_topk_without_ties():
    scores, labels = torch.randn(200, 12), torch.randint(0, 12, (200,))
    expected = {
        f"top{k}": 100 * (scores.topk(k).indices == labels[:, None]).any(1).double().mean().item()
        for k in (1, 5)
    }
    assert top_k_accuracy(scores, labels) == expected


def test_equal_scores_are_wrong_not_right():
    assert top_k_accuracy(torch.zeros(8, 10), torch.arange(8)) == {"top1": 0.0, "top5": 0.0}


def test_k_that_covers_all_classes_is_left_out():
    assert list(top_k_accuracy(torch.randn(3, 5), torch.tensor([0, 1, 2]))) == ["top1"]


@pytest.mark.parametrize("faulty", [[0], [1], [0, 1, 2, 3, 4, 5, 6]], ids=["true", "other", "all"])
def test_a_row_with_a_score_that_is_not_a_number_never_counts(faulty: list[int]):
    scores = torch.tensor([[9.0, 1, 2, 3, 4, 5, 6], [9.0, 1, 2, 3, 4, 5, 6]])
    scores[0, faulty] = math.nan
    assert top_k_accuracy(scores, torch.tensor([0, 0])) == {"top1": 50.0, "top5": 50.0}
