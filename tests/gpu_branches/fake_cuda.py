"""Steps of training on fake CUDA tensors: shapes, types and devices, but no values and no GPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.gpu_branches.backward_in_python import autograd_without_a_gpu

CUDA = torch.device("cuda", 0)
# What brings values from the host: constructors, views and copies, but no arithmetic.
BRINGS = {"lift_fresh", "_to_copy", "detach", "alias", "slice", "view", "empty", "clone"}


class Watch(TorchDispatchMode):
    """A record of the operators that leave the GPU or do not use it.

    Attributes:
        left: Operators with a CUDA tensor among their inputs and a CPU tensor among their outputs.
        on_cpu: Operators that computed a CPU tensor from CPU tensors.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left: list[str] = []
        self.on_cpu: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        devices = {leaf.device.type for leaf in tree_leaves((args, kwargs)) if _is_tensor(leaf)}
        if any(_is_tensor(leaf) and leaf.device.type == "cpu" for leaf in tree_leaves(out)):
            if "cuda" in devices:
                self.left.append(name)
            elif name not in BRINGS:
                self.on_cpu.append(name)
        return out


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


@contextmanager
def fake_cuda() -> Iterator[Watch]:
    """Make all tensors fake, and watch; move the network with :func:`move_to_fake_cuda`.

    Host tensors from outside, such as a batch, keep their values.
    """
    fake = FakeTensorMode(allow_non_fake_inputs=True)
    with autograd_without_a_gpu(), fake, Watch() as watch:
        yield watch


@contextmanager
def autocast(precision: torch.dtype = torch.bfloat16) -> Iterator[None]:
    """Replace ``torch.autocast('cuda', precision)``, which has no effect without a GPU."""
    enabled, dtype = torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")
    torch.set_autocast_enabled("cuda", True)
    torch.set_autocast_dtype("cuda", precision)
    torch.autocast_increment_nesting()
    try:
        yield
    finally:
        if torch.autocast_decrement_nesting() == 0:
            torch.clear_autocast_cache()
        torch.set_autocast_enabled("cuda", enabled)
        torch.set_autocast_dtype("cuda", dtype)


def move_to_fake_cuda(model: nn.Module) -> nn.Module:
    """Replace ``model.to('cuda')``, for a model on the CPU or without memory (``meta``)."""

    def make(tensor: Tensor) -> Tensor:
        shape, strides = tensor.shape, tensor.stride()
        return torch.empty_strided(shape, strides, dtype=tensor.dtype, device=CUDA)

    replace_tensors(model, make)
    return model


def replace_tensors(model: nn.Module, make: Any) -> None:
    """Replace each parameter and buffer by ``make(tensor)``, and set the model's device."""
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                made = nn.Parameter(make(parameter.detach()), parameter.requires_grad)
                module._parameters[name] = made
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = make(buffer)
    if hasattr(model, "_set_device"):  # mmengine's; its preprocessor moves the batch there
        model._set_device(CUDA)


def check_gradients(model: nn.Module, loss: Tensor, without: tuple[str, ...] = ()) -> None:
    """Run the backward pass, and check that each trained parameter has a gradient on the GPU.

    Args:
        model: The network.
        loss: Of it.
        without: Prefixes of parameters that get no gradient.
    """
    assert loss.device == CUDA
    loss.backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and not name.startswith(without):
            assert parameter.grad is not None, f"{name} has no gradient"
            assert parameter.grad.device == CUDA and parameter.grad.shape == parameter.shape
