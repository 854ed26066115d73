"""CUDA tensors with values on a machine without a GPU: the CPU holds and computes them.

Fake tensors cannot follow a detector: how many boxes are left, and which query is matched, depends
on values. The tensors here say ``device='cuda:0'`` and ``is_cuda``, so that all code takes a GPU's
branches; an operator that meets tensors of both devices fails as it would on a GPU.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from tests.gpu_branches.backward_in_python import autograd_without_a_gpu
from tests.gpu_branches.fake_cuda import CUDA, Watch, replace_tensors

CPU = torch.device("cpu")
# A GPU's operators take indices from the CPU, and copies are what crosses.
CROSS = {"_to_copy", "copy_", "index", "index_put_", "_index_put_impl_", "_unsafe_index"}


class ValuedCuda(Tensor):
    """A tensor that says it is on the GPU.

    Attributes:
        held: Its values, on the CPU.
    """

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "ValuedCuda":
        made = Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=CUDA,
        )
        made.held = held
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    def __repr__(self) -> str:
        return f"ValuedCuda({self.held!r})"

    def tolist(self) -> Any:  # PyTorch has it for no subclass
        return self.cpu().tolist()

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return ValuedCuda(self.held.clone()).requires_grad_(self.requires_grad)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(func, args, kwargs or {})


class _ValuedCudaMode(TorchDispatchMode):
    """Operators without tensor arguments, such as ``torch.zeros(3, device='cuda')``."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(func, args, kwargs or {})


@contextmanager
def valued_cuda() -> Iterator[Watch]:
    """Let 'cuda' mean :class:`ValuedCuda`, and watch what leaves it."""
    with FakeTensorMode():  # once: from then on autograd does not ask a GPU for its streams
        pass
    lift_only_cpu = torch._C._only_lift_cpu_tensors()
    with (
        autograd_without_a_gpu(),
        patch.object(torch.cuda, "_lazy_init", lambda: None),  # nothing looks for a driver
        patch.object(torch.cuda, "is_available", lambda: True),  # as those branches ask
        torch.backends.cudnn.flags(enabled=False),  # its operators have no form for a CPU
        _ValuedCudaMode(),
        Watch() as watch,
    ):
        # As FakeTensorMode does: a list becomes a tensor of the CPU, which is then moved.
        torch._C._set_only_lift_cpu_tensors(True)
        try:
            yield watch
        finally:
            torch._C._set_only_lift_cpu_tensors(lift_only_cpu)


def move_to_valued_cuda(model: nn.Module) -> nn.Module:
    """Replace ``model.to('cuda')``."""
    replace_tensors(model, lambda t: t if isinstance(t, ValuedCuda) else ValuedCuda(t))
    return model


def _compute(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name = func.overloadpacket.__name__
    if name == "_fused_sdp_choice":
        return 0  # the plain form, which every device has
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    on_gpu = [tensor for tensor in tensors if isinstance(tensor, ValuedCuda)]
    others = [t for t in tensors if not isinstance(t, ValuedCuda) and t.dim() > 0]
    first_is_on_gpu = bool(tensors) and isinstance(tensors[0], ValuedCuda)
    if on_gpu and others and not (name in CROSS and (first_is_on_gpu or name == "copy_")):
        raise RuntimeError(f"{name}: Expected all tensors to be on the same device, cuda and cpu")
    device = kwargs.get("device")
    to_gpu = bool(on_gpu) if device is None else torch.device(device).type == "cuda"
    if name == "copy_":
        to_gpu = first_is_on_gpu
    held = {id(tensor.held): tensor for tensor in on_gpu}
    args, kwargs = tree_map(_held, (args, kwargs))
    if device is not None:
        kwargs["device"] = CPU
    out = func(*args, **kwargs)
    if not to_gpu:
        return out
    # What an operator in place returns is the tensor that it was given.
    return tree_map(lambda value: held[id(value)] if id(value) in held else _on_gpu(value), out)


def _held(value: Any) -> Any:
    return value.held if isinstance(value, ValuedCuda) else value


def _on_gpu(value: Any) -> Any:
    return ValuedCuda(value) if isinstance(value, Tensor) else value
