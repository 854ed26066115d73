"""The rows of an optimizer step: how many each rank has, and what the losses take of them."""

from typing import NamedTuple

import torch
from torch import Tensor

from iclip.distributed import gather_sizes


class RowCounts(NamedTuple):
    """Numbers of rows in the global batch; they are equal on all ranks.

    Attributes:
        labelled: Labelled images of each rank, in rank order.
        pairs: Pairs of each rank.
    """

    labelled: list[int]
    pairs: list[int]


def count_rows(num_labelled: int, num_pairs: int, device: torch.device) -> RowCounts:
    """Exchange the numbers of rows; every rank takes part, also one without rows.

    Args:
        num_labelled: Labelled images of this rank.
        num_pairs: Pairs of this rank.
        device: Device of the exchange.
    """
    return RowCounts(gather_sizes(num_labelled, device), gather_sizes(num_pairs, device))


class BatchEmbeds(NamedTuple):
    """What the towers make of a batch of B_c labelled images and B_p pairs.

    Attributes:
        labelled: Rows of the labelled images: unit rows (B_c, D), or pooled features (B_c, C) where
            a linear classifier reads them.
        paired: Unit rows of the pairs' images, (B_p, D).
        captions: Unit rows of their captions, (B_p, D).
    """

    labelled: Tensor
    paired: Tensor
    captions: Tensor
