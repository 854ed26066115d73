"""What is tied or not a number never counts: each rule against loops."""

import math

import pytest
import torch

from iclip.evaluation.ranking import (
    NO_CLASS,
    UNRANKED,
    has_single_best,
    hits_in_order,
    predicted_class,
    rank_of_label,
    rank_of_truth,
)
from tests.evaluation.odd_scores import odd_scores

NAN, INF = math.nan, math.inf


def rank_in_loops(row: list[float], true: set[int]) -> int:
    """Walk through the candidates from the best; a false one precedes a true one of its score."""
    if any(math.isnan(value) for value in row):
        return UNRANKED
    if len(set(row)) == 1 and len(true) < len(row):
        return UNRANKED
    order = sorted(range(len(row)), key=lambda i: (-row[i], i in true))
    first = next(place for place, i in enumerate(order) if i in true)
    if math.isinf(row[order[first]]):
        return UNRANKED
    return first


def test_rank_of_a_label_equals_loops() -> None:
    scores = odd_scores(300, 6)
    labels = torch.arange(len(scores)) % scores.shape[1]
    expected = [
        rank_in_loops(row, {label})
        for row, label in zip(scores.tolist(), labels.tolist(), strict=True)
    ]
    assert rank_of_label(scores, labels).tolist() == expected


def test_rank_of_several_true_candidates_equals_loops() -> None:
    scores = odd_scores(300, 6)
    truth = torch.rand(scores.shape, generator=torch.Generator().manual_seed(1)) < 0.4
    truth[:, 0] |= ~truth.any(dim=1)
    expected = [
        rank_in_loops(row, {i for i, is_true in enumerate(flags) if is_true})
        for row, flags in zip(scores.tolist(), truth.tolist(), strict=True)
    ]
    assert rank_of_truth(scores, truth).tolist() == expected


def test_candidates_that_are_all_true_need_no_order() -> None:
    assert rank_of_truth(torch.zeros(1, 3), torch.ones(1, 3, dtype=torch.bool)).tolist() == [0]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([1.0, 3.0, 2.0], 1),
        ([1.0, 3.0, 3.0], NO_CLASS),
        ([0.0, 0.0, 0.0], NO_CLASS),
        ([NAN, 3.0, 2.0], NO_CLASS),
        ([1.0, NAN, 2.0], NO_CLASS),
        ([NAN, NAN, NAN], NO_CLASS),
        ([1.0, INF, 2.0], NO_CLASS),
        ([-INF, 3.0, -INF], 1),
        ([-INF, -INF, -INF], NO_CLASS),
    ],
)
def test_prediction_is_the_single_best_class(row: list[float], expected: int) -> None:
    assert predicted_class(torch.tensor([row])).tolist() == [expected]


def test_prediction_and_rank_agree_on_what_is_right() -> None:
    scores = odd_scores(300, 6)
    for label in range(scores.shape[1]):
        right = rank_of_label(scores, torch.full((len(scores),), label)) == 0
        assert torch.equal(right, predicted_class(scores) == label)


def test_ranks_without_odd_values_are_those_of_sorting() -> None:
    scores = torch.randn(50, 9, generator=torch.Generator().manual_seed(2))
    labels = torch.arange(50) % 9
    order = scores.argsort(dim=1, descending=True)
    places = (order == labels[:, None]).int().argmax(dim=1)
    assert torch.equal(rank_of_label(scores, labels), places)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_precision_has_an_order(dtype: torch.dtype) -> None:
    scores = torch.tensor([[2.0, 1.0], [1.0, 2.0], [2.0, 2.0]], dtype=dtype)
    assert predicted_class(scores).tolist() == [0, 1, NO_CLASS]
    assert rank_of_label(scores, torch.zeros(3, dtype=torch.int64)).tolist() == [0, 1, UNRANKED]


def test_classes_may_lie_along_another_dimension() -> None:
    scores = odd_scores(300, 6)
    assert torch.equal(has_single_best(scores.T, dim=0), predicted_class(scores) != NO_CLASS)


def test_order_of_hits_equals_sorting_by_hand() -> None:
    """NaN first, then by score; of equal scores what does not show the class first."""
    scores = odd_scores(300, 1)[:, 0]
    present = torch.rand(300, generator=torch.Generator().manual_seed(3)) < 0.5
    rows = zip(scores.tolist(), present.tolist(), strict=True)
    found = [(s, shows and math.isfinite(s)) for s, shows in rows]
    expected = sorted(found, key=lambda row: (-INF if math.isnan(row[0]) else -row[0], row[1]))
    assert hits_in_order(scores, present).tolist() == [hit for _, hit in expected]
