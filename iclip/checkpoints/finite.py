"""Whether tensors are finite, apart from the masks among them."""

from collections.abc import Iterable

import torch
from torch import Tensor


@torch.no_grad()
def are_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether no tensor holds NaN or plus infinity; minus infinity is what masks are made of."""
    return all(bool((tensor < torch.inf).all()) for tensor in tensors if tensor.is_floating_point())
