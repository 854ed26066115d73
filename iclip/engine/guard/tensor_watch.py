"""What a forward and a backward pass compute, tensor by tensor, module by module."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from iclip.checkpoints import are_finite


@dataclass(frozen=True)
class TensorRecord:
    """A tensor's values in short.

    Attributes:
        what: Such as ``output of backbone.norm``.
        shape: Its shape.
        dtype: Its type, such as ``float32``.
        lowest: Smallest finite value; NaN if there is none.
        highest: Largest finite value.
        share: Share of the values that are not finite, 0 to 1.
    """

    what: str
    shape: tuple[int, ...]
    dtype: str
    lowest: float
    highest: float
    share: float

    @classmethod
    def of(cls, what: str, tensor: Tensor) -> "TensorRecord":
        """Describe a tensor of floating-point numbers."""
        values = tensor.detach()
        finite = values[values.isfinite()].float()
        lowest, highest = finite.aminmax() if len(finite) else (torch.tensor(torch.nan),) * 2
        return cls(
            what,
            tuple(values.shape),
            str(values.dtype).removeprefix("torch."),
            lowest.item(),
            highest.item(),
            1 - len(finite) / max(values.numel(), 1),
        )

    @property
    def is_finite(self) -> bool:
        """Whether all its values are finite."""
        return not self.share


class TensorWatch:
    """Records what a model's modules put out, and the gradients of that, in the order of time.

    Attributes:
        forward: Outputs of modules; an inner module comes before the one that holds it. Also inputs
            that hold NaN or infinity.
        backward: Gradients of the loss with respect to these tensors, and to modules' inputs that
            no module put out.
        readers: By the ``what`` of ``backward``, the modules that read that tensor.
    """

    def __init__(self) -> None:
        self.forward: list[TensorRecord] = []
        self.backward: list[TensorRecord] = []
        self.readers: dict[str, list[str]] = {}
        # Tensors by identity, kept alive so that an identity stays one tensor's.
        self._named: dict[int, tuple[Tensor, str]] = {}
        # How often a name was given to a tensor: modules may be called several times.
        self._calls: Counter[str] = Counter()

    @contextmanager
    def watching(self, model: nn.Module) -> Iterator[None]:
        """Record within the context."""
        handles = []
        for name, module in model.named_modules():
            if name:
                before, after = partial(self._read, name), partial(self._put_out, name)
                handles += [
                    module.register_forward_pre_hook(before, with_kwargs=True),
                    module.register_forward_hook(after),
                ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
            self._named.clear()

    def _read(self, name: str, module: nn.Module, args: Any, kwargs: Any) -> None:
        for tensor in floats_in((args, kwargs)):
            what = f"input of {name}"
            # Minus infinity belongs into masks of attention, which modules get as inputs.
            if not are_finite([tensor]):
                self.forward.append(TensorRecord.of(what, tensor))
            if tensor.requires_grad:
                self.readers[self._watch_gradient(what, tensor)].append(name)

    def _put_out(self, name: str, module: nn.Module, args: Any, output: Any) -> None:
        for tensor in floats_in(output):
            what = f"output of {name}"
            self.forward.append(TensorRecord.of(what, tensor))
            if tensor.requires_grad:
                self._watch_gradient(what, tensor)

    def _watch_gradient(self, what: str, tensor: Tensor) -> str:
        """Record the tensor's gradient when it comes, once; return the name that it has."""
        if id(tensor) not in self._named:
            self._calls[what] += 1
            if self._calls[what] > 1:
                what += f" (call {self._calls[what]})"
            self._named[id(tensor)] = tensor, what
            self.readers[what] = []
            tensor.register_hook(partial(self._gradient, what))
        return self._named[id(tensor)][1]

    def _gradient(self, what: str, gradient: Tensor) -> None:
        self.backward.append(TensorRecord.of(what, gradient))


def floats_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors of floating-point numbers in nested lists, tuples and dicts."""
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, Mapping):
        yield from floats_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from floats_in(part)
