"""Scores with ties, NaN and infinity, and what a row of them predicts."""

import math

import torch
from torch import Tensor


def odd_scores(rows: int, columns: int) -> Tensor:
    """Few distinct values, so that equal ones are frequent, some NaN and some infinite."""
    generator = torch.Generator().manual_seed(0)
    values = torch.tensor([0.0, 1.0, 2.0, 3.0, math.nan, math.inf, -math.inf])
    shares = torch.tensor([5.0, 5.0, 5.0, 5.0, 0.5, 0.5, 0.5])
    drawn = torch.multinomial(shares, rows * columns, replacement=True, generator=generator)
    return values[drawn].view(rows, columns)


def prediction_in_loops(row: list[float]) -> int | None:
    """The single best class; None where there is none."""
    if any(math.isnan(score) for score in row) or math.isinf(max(row)):
        return None
    best = [i for i, score in enumerate(row) if score == max(row)]
    return best[0] if len(best) == 1 else None
