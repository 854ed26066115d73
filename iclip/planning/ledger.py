"""What a step needs: memory, operations and traffic, by the part of the model that causes them.

The ledger watches the operators of a real step, on real tensors or on fake ones. A forward pass
belongs to the part that is running. In a backward pass, autograd's nodes say it: their numbers
ascend in the order of the forward pass, so each part has made some intervals of them.
"""

import weakref
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from iclip.distributed import get_world_size

# What belongs to none of the named parts.
LOSSES = "losses"
BACKWARD = "backward pass"
FORWARD, FIRST_PASS, AGAIN, BACK = "forward", "without gradient", "recomputation", "backward"
STAGES = (FORWARD, FIRST_PASS, AGAIN, BACK)
# torch's CUDA allocator gives memory in blocks of so many bytes.
_CUDA_BLOCK = 512
# Bytes that a rank sends in a ring, as a multiple of the larger side of the exchange and of
# (ranks - 1) / ranks; by the names of torch's operators.
_SENT_PER_BYTE = {
    "all_gather_into_tensor": 1, "_allgather_base_": 1, "allgather_": 1,
    "reduce_scatter_tensor": 1, "_reduce_scatter_base_": 1,
    "all_reduce": 2, "all_reduce_": 2, "allreduce_": 2,
}  # fmt: skip


@dataclass
class _Block:
    """Memory of one storage.

    Attributes:
        size: In bytes.
        part: What it is counted for.
        storage: Its end is the block's end.
    """

    size: int
    part: str
    storage: weakref.ref


class Work(NamedTuple):
    """What floating point operations are counted for.

    Attributes:
        part: The part of the model.
        stage: One of :data:`STAGES`.
        dtype: Type of the numbers, such as ``bfloat16``.
    """

    part: str
    stage: str
    dtype: str


@dataclass
class Account:
    """Sums over a step.

    Attributes:
        peak: Bytes by part at the moment of the largest sum.
        flops: Floating point operations.
        sent: Bytes that this rank sends to others, by what is exchanged.
    """

    peak: Counter[str] = field(default_factory=Counter)
    flops: Counter[Work] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    @property
    def parts(self) -> list[str]:
        """What needs memory, operations or traffic."""
        named = [*self.peak, *(work.part for work in self.flops), *self.sent]
        return list(dict.fromkeys(named))

    def flops_of(self, **kind: str) -> int:
        """Sum the operations of a part, a stage or a type, or of several of them together."""
        return sum(
            count
            for work, count in self.flops.items()
            if all(getattr(work, name) == value for name, value in kind.items())
        )


class Ledger(TorchDispatchMode):
    """Counts what the operators within its context allocate, compute and exchange.

    Args:
        device_type: The device whose memory is counted, ``'cuda'`` or ``'cpu'``.

    Attributes:
        account: What has been counted since the beginning or the last `restart`.
        in_use: Bytes in use now, by part.
    """

    def __init__(self, device_type: str = "cuda") -> None:
        super().__init__()
        self.device_type = device_type
        self.account = Account()
        self.in_use: Counter[str] = Counter()
        self._blocks: dict[int, _Block] = {}
        self._part = LOSSES
        # Where the numbers of autograd's nodes begin to belong to another part.
        self._starts: list[int] = []
        self._parts: list[str] = []

    def restart(self) -> None:
        """Begin a new account; what is in use stays in use."""
        self.account = Account(peak=+self.in_use)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the block for a part, unless it is within the block of another part."""
        if self._part != LOSSES or _in_backward_pass():
            yield
            return
        self._begin(name)
        try:
            yield
        finally:
            self._begin(LOSSES)

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Count each call of an object's method for a part; objects without it are let be."""
        call = getattr(owner, method, None)
        if call is None:
            return

        @wraps(call)
        def watched(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return call(*args, **kwargs)

        setattr(owner, method, watched)

    def count_for(self, tensor: Tensor, name: str) -> None:
        """Count the memory of a tensor for another part."""
        block = self._blocks.get(tensor.untyped_storage()._cdata)
        if block is not None and block.part != name:
            self.in_use[block.part] -= block.size
            self.in_use[name] += block.size
            block.part = name

    def exchange(self, what: str, tensor: Tensor, operator: str = "all_reduce") -> None:
        """Count an exchange among all ranks.

        Args:
            what: What is exchanged.
            tensor: The larger side of the exchange.
            operator: Name of torch's operator.
        """
        ranks = get_world_size()
        share = _SENT_PER_BYTE[operator] * (ranks - 1) / ranks
        self.account.sent[what] += round(share * tensor.numel() * tensor.element_size())

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operator and count it."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if func.namespace in ("prim", "profiler"):
            return result
        part, stage = self._place()
        count = flop_registry.get(func.overloadpacket)
        if count is not None:
            first = next(leaf for leaf in tree_leaves(args) if isinstance(leaf, Tensor))
            work = Work(part, stage, str(first.dtype).removeprefix("torch."))
            self.account.flops[work] += count(*args, **kwargs, out_val=result)
        name = func.overloadpacket.__name__
        if "c10d" in func.namespace and name in _SENT_PER_BYTE:
            tensors = [leaf for leaf in tree_leaves((args, result)) if isinstance(leaf, Tensor)]
            self.exchange(part, max(tensors, key=Tensor.numel), name)
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor) and leaf.device.type == self.device_type:
                self._allocate(leaf, BACKWARD if stage == BACK else part)
        return result

    def _begin(self, name: str) -> None:
        self._part = name
        self._starts.append(torch.autograd._get_sequence_nr())
        self._parts.append(name)

    def _place(self) -> tuple[str, str]:
        """Return the part and the pass of what is computed now."""
        if not _in_backward_pass():
            return self._part, FORWARD if torch.is_grad_enabled() else FIRST_PASS
        # Checkpointing turns gradients on for what it computes again.
        stage = AGAIN if torch.is_grad_enabled() else BACK
        node = torch._C._current_autograd_node()
        number = -1 if node is None else node._sequence_nr()
        # The last interval ends where the numbers do; those that sum a leaf's gradient are beyond.
        index = bisect_right(self._starts, number) - 1
        return (self._parts[index] if index >= 0 else LOSSES), stage

    def _allocate(self, tensor: Tensor, part: str) -> None:
        """Count a tensor's memory, unless it is known, until it is freed."""
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._blocks:
            return
        size = storage.nbytes()
        if self.device_type == "cuda":
            size = -(-size // _CUDA_BLOCK) * _CUDA_BLOCK
        self._blocks[key] = _Block(size, part, weakref.ref(storage, self._freed(key)))
        self.in_use[part] += size
        if self.in_use.total() > self.account.peak.total():
            self.account.peak = +self.in_use

    def _freed(self, key: int) -> Callable[[Any], None]:
        def free(_: Any) -> None:
            block = self._blocks.pop(key)
            self.in_use[block.part] -= block.size

        return free


def _in_backward_pass() -> bool:
    return torch._C._current_graph_task_id() != -1
