"""A class's one embedding out of those of its prompts."""

from collections.abc import Iterable

from torch import Tensor
from torch.nn import functional as F


def average_templates(embeds: Iterable[Tensor]) -> Tensor:
    """Average unit embeddings over the templates (arXiv:2103.00020, section 3.1.4).

    Args:
        embeds: Of each template the classes' unit embeddings, (N, D); only one is held at a time.

    Returns:
        Unit rows, (N, D): the direction of the sum is that of the mean.

    Raises:
        ValueError: There is no template.
    """
    total: Tensor | None = None
    for rows in embeds:
        total = rows if total is None else total + rows
    if total is None:
        raise ValueError("there is no template to average over")
    return F.normalize(total, dim=-1)
