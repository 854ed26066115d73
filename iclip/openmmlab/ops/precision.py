"""In which precision the operators compute, and how they differentiate what is not saved."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def as_float(tensor: Tensor) -> Tensor:
    """The tensor in float32, or as it is in float64.

    mmcv's kernels add up in the inputs' own half precision. torchvision has no bfloat16 kernel for
    a CPU, and sums of thousands of halves lose digits.
    """
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def recomputed_gradients(
    function: Callable[..., Tensor], inputs: Sequence[Tensor], grad_output: Tensor
) -> tuple[Tensor, ...]:
    """Gradients of a function that is computed once more for them.

    Args:
        function: From the inputs to one tensor.
        inputs: All of them are differentiated, in float32 or float64.
        grad_output: Of the function's shape.
    """
    with torch.enable_grad():
        leaves = [as_float(tensor).detach().requires_grad_() for tensor in inputs]
        output = function(*leaves)
    return torch.autograd.grad(output, leaves, grad_output.to(output.dtype))
