"""What hooks get as the batch of an iteration: one batch, or a list of micro-batches."""

from collections.abc import Sequence
from typing import Any


def micro_batches_of(data_batch: Any) -> Sequence[Any]:
    """Return the micro-batches of an iteration on this rank; a single batch is one of them."""
    return data_batch if isinstance(data_batch, list) else [data_batch]
