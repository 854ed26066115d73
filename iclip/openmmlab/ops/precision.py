"""The precision of the operators, and gradients through recomputation."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def as_float(tensor: Tensor) -> Tensor:
    """Return the tensor in float32; float64 stays.

    mmcv's kernels sum in the inputs' own precision. torchvision has no bfloat16 kernel for a CPU,
    and sums of thousands of numbers in half precision lose digits.
    """
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def recomputed_gradients(
    function: Callable[..., Tensor], inputs: Sequence[Tensor], grad_output: Tensor
) -> tuple[Tensor, ...]:
    """Compute the gradients of a function by computing the function once more.

    mmcv gives its backward functions the inputs, and keeps no graph of the forward pass.

    Args:
        function: Maps the inputs to one tensor.
        inputs: Tensors, which are all differentiated, in float32 or float64.
        grad_output: Gradient of the function's output.
    """
    with torch.enable_grad():
        leaves = [as_float(tensor).detach().requires_grad_() for tensor in inputs]
        output = function(*leaves)
    return torch.autograd.grad(output, leaves, grad_output.to(output.dtype))
