"""GPUs that are not there: CUDA tensors without values, among ranks that do not exist.

torch's FakeTensorMode gives tensors a shape, a type and a device, but no memory; its fake process
group has collectives without partners. On a machine without a driver, three parts of torch ask the
driver all the same: autograd's engine for streams, DistributedDataParallel for timers, and
attention for the GPU's generation. They get their answers here.

What this changes holds for the whole process, see :mod:`iclip.planning.own_process`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import mmengine.device.utils
import torch
from mmengine.model import BaseDataPreprocessor, MMDistributedDataParallel
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.distributed import destroy_process_group, init_process_group
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from iclip.planning.attention import fused_attention

CUDA = torch.device("cuda", 0)
META = torch.device("meta")


@contextmanager
def fake_gpus(world_size: int, rank: int = 0) -> Iterator[None]:
    """Let CUDA tensors be fake within the block; tensors of the CPU stay real.

    Args:
        world_size: Number of ranks; one has no process group, as in training.
        rank: The rank that this process plays.
    """
    _hide_streams_from_autograd()
    with ExitStack() as stack:
        for owner, name, value in (
            (torch.cuda, "is_available", lambda: True),
            (torch.cuda, "is_bf16_supported", lambda *_, **__: True),
            (torch.cuda, "current_device", lambda: CUDA.index),
            (torch.cuda, "device_count", lambda: 1),
            (mmengine.device.utils, "DEVICE", "cuda"),
            (torch.nn.functional, "scaled_dot_product_attention", fused_attention),
            (torch.autograd, "_engine_run_backward", _Engine(torch.autograd._engine_run_backward)),
        ):
            stack.enter_context(patch.object(owner, name, value))
        stack.enter_context(_FakeCuda(allow_non_fake_inputs=True))
        stack.enter_context(_Answers())
        if world_size > 1:
            init_process_group("fake", store=FakeStore(), rank=rank, world_size=world_size)
            stack.callback(destroy_process_group)
        yield


def move_to_fake_gpu(model: nn.Module) -> None:
    """Replace all parameters and buffers, which may be without memory (``meta``), by fake ones."""

    def moved(tensor: Tensor) -> Tensor:
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=CUDA)

    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                made = nn.Parameter(moved(parameter), parameter.requires_grad)
                module._parameters[name] = made
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = moved(buffer)
    for module in model.modules():  # mmengine's preprocessors move batches there
        if isinstance(module, BaseDataPreprocessor):
            module._device = CUDA


def distributed(
    model: nn.Module, exchange: Callable[[Tensor], None], **settings: Any
) -> MMDistributedDataParallel:
    """Wrap a model on a fake GPU as training does.

    Args:
        model: The model.
        exchange: Called with each bucket of gradients instead of an all-reduce.
        settings: Further arguments of mmengine's wrapper.
    """
    wrapper = MMDistributedDataParallel(module=model, init_sync=False, **settings)

    # torch checks a hook's annotations, and that of `bucket` must be its own or none.
    def exchanged(_, bucket) -> torch.futures.Future[Tensor]:  # type: ignore[no-untyped-def]
        exchange(bucket.buffer())
        done: torch.futures.Future[Tensor] = torch.futures.Future()
        done.set_result(bucket.buffer())
        return done

    wrapper.register_comm_hook(None, exchanged)
    wrapper.reducer = _UntimedReducer(wrapper.reducer)  # type: ignore[assignment]
    return wrapper


class _UntimedReducer:
    """DistributedDataParallel's reducer without CUDA's timers, in its first iteration for good.

    The first iteration puts all gradients into one bucket; those that follow have several of the
    same sum. To arrange them anew would read the values of a tensor.
    """

    def __init__(self, reducer: Any) -> None:
        self._reducer = reducer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reducer, name)

    def prepare_for_forward(self) -> None:
        """Start no timer."""

    def _rebuild_buckets(self) -> bool:
        return False


class _FakeCuda(FakeTensorMode):
    """Fake tensors whose operators never look for a driver, though ``is_available`` says yes."""

    avoid_device_init = True


class _Engine:
    """Autograd's engine, which knows whether it runs.

    Args:
        run: torch's function that runs it.
    """

    runs = 0

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _Engine.runs += 1
        try:
            return self._run(*args, **kwargs)
        finally:
            _Engine.runs -= 1


def in_backward_pass() -> bool:
    """Whether autograd's engine runs, on this thread or for it."""
    return torch._C._current_graph_task_id() != -1 or _Engine.runs > 0


class _Answers(TorchDispatchMode):
    """Answers what fake tensors cannot, and keeps the CPU's tensors real."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.ops.prim.device.default:
            # C++ asks for the device, of which the engine would ask the driver for a stream. In a
            # backward pass without recomputation, it is told another that has none.
            engine_asks = _Engine.runs > 0 and not torch.is_grad_enabled()
            return META if engine_asks and args[0].fake_device == CUDA else func(*args, **kwargs)
        if kwargs.get("device") == META:  # from the answer above
            kwargs["device"] = CUDA
        fakes = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, FakeTensor)]
        if func is torch.ops.aten._local_scalar_dense.default and fakes:
            # Norms for the log, and a gradient scaler's flag for infinite gradients.
            return _zero(fakes[0].dtype)
        if fakes or torch.device(kwargs.get("device") or "cpu").type == "cuda":
            return func(*args, **kwargs)
        with unset_fake_temporarily():
            return func(*args, **kwargs)


def _zero(dtype: torch.dtype) -> float:
    """Return the number that a program reads from a GPU.

    Raises:
        TypeError: It reads a whole number, on which what follows may depend.
    """
    if not dtype.is_floating_point:
        raise TypeError(f"a value of type {dtype} is read from a GPU, and a fake one has no values")
    return 0.0


@cache
def _hide_streams_from_autograd() -> None:
    """Let autograd's engine take a made-up device for the accelerator, once per process.

    The engine looks after the streams of the accelerator that it finds. torch built for CUDA finds
    CUDA, and the driver is not there; a device registered from Python comes first.
    """
    backend_registration._setup_privateuseone_for_python_backend("planned")
