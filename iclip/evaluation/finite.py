"""Stop an evaluation whose embeddings or logits are not finite: they have no meaningful score."""

from collections.abc import Callable

from torch import Tensor

from iclip.messages import listing

# Rows that a message lists.
MAX_LISTED = 5


def check_finite(rows: Tensor, what: str, names: Callable[[int], str] = "row {}".format) -> None:
    """Refuse rows that hold NaN or infinity.

    Args:
        rows: (B, ...)
        what: What the rows are, in the plural, such as ``'image embeddings'``.
        names: Returns a row's name, for the message, given its number.

    Raises:
        ValueError: Some rows are not finite. The message says how many and which.
    """
    faulty = (~rows.isfinite().flatten(1).all(dim=1)).nonzero().flatten().tolist()
    if not faulty:
        return
    raise ValueError(
        f"{len(faulty):,} of {len(rows):,} {what} are not finite (NaN or infinite): "
        f"{listing([names(row) for row in faulty], MAX_LISTED)}. {_cause(len(faulty), len(rows))}"
    )


def _cause(faulty: int, total: int) -> str:
    """Say where to look: if all rows are faulty, the weights are; else their inputs may be."""
    if faulty == total:
        return (
            "The weights are probably not finite themselves: take a checkpoint from before the "
            "training diverged"
        )
    return "Look at these inputs, and evaluate in float32 if the precision is a lower one"
