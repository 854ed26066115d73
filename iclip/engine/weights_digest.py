"""A short number that two models share only if their parameters are equal, bit by bit."""

import hashlib

import torch
from torch import nn

# The integers of a floating-point type's size.
_BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


@torch.no_grad()
def weights_digest(model: nn.Module) -> str:
    """Digest the bits of all parameters, where they are; one number per parameter reaches the CPU.

    Buffers are left out: batch norm's statistics differ between ranks.
    """
    sums = [
        # Added up as integers, whose sum does not depend on the order, unlike that of fractions.
        parameter.detach()
        .contiguous()
        .view(-1)
        .view(_BITS[parameter.element_size()])
        .sum(dtype=torch.int64)
        for parameter in model.parameters()
    ]
    numbers = torch.stack(sums).tolist() if sums else []
    return hashlib.sha256(repr(numbers).encode()).hexdigest()[:16]
