"""PASCAL VOC 2007's average precision, against its development kit's definition in loops."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from iclip.evaluation.average_precision import mean_11_point_ap
from tests.evaluation.odd_scores import odd_scores


def eleven_points_in_loops(scores: list[float], labels: list[int]) -> float:
    """The definition point by point; what is not finite is a miss, NaN before all others."""
    rows = [(score, y) for score, y in zip(scores, labels, strict=True) if y >= 0]
    total, points = sum(y for _, y in rows), []
    rows = [(score, y if math.isfinite(score) else 0) for score, y in rows]
    rows = [(math.inf if math.isnan(score) else score, y) for score, y in rows]
    # Among equals, what shows the class is last.
    ranked = [y for _, y in sorted(rows, key=lambda row: (-row[0], row[1]))]
    for level in range(11):
        best = 0.0
        for k in range(1, len(ranked) + 1):
            hits = sum(ranked[:k])
            if hits / total >= level / 10 - 1e-9:
                best = max(best, hits / k)
        points.append(best)
    return sum(points) / 11


@pytest.fixture
def gt_labels() -> Tensor:
    rng = np.random.default_rng(2)
    return torch.from_numpy(rng.choice([-1, 0, 1], size=(200, 7), p=[0.1, 0.6, 0.3]))


@pytest.mark.parametrize(
    "scores",
    [torch.from_numpy(np.random.default_rng(0).normal(size=(200, 7))), odd_scores(200, 7)],
    ids=["all different", "ties, NaN and infinity"],
)
def test_equals_the_definition_in_loops(scores: Tensor, gt_labels: Tensor):
    columns = zip(scores.T.tolist(), gt_labels.T.tolist(), strict=True)
    expected = [eleven_points_in_loops(*column) for column in columns]
    assert mean_11_point_ap(scores, gt_labels) == pytest.approx(100 * sum(expected) / 7)


@pytest.mark.parametrize(("first", "expected"), [(-1, 100), (0, 50)])
def test_difficult_objects_do_not_count(first: int, expected: float):
    labels = torch.tensor([[first], [1], [0]])
    found = mean_11_point_ap(torch.tensor([[3.0], [2.0], [1.0]]), labels)
    assert found == pytest.approx(expected)


def test_class_on_every_image_needs_no_order():
    assert mean_11_point_ap(torch.zeros(5, 1), torch.ones(5, 1)) == pytest.approx(100)


def test_class_on_no_image_is_never_found():
    assert mean_11_point_ap(torch.arange(5.0)[:, None], torch.zeros(5, 1)) == 0
