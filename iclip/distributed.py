"""The only module whose code exchanges data between ranks.

The convention of this module and of the losses: each rank computes its share of the *global* loss,
multiplied by the world size. DistributedDataParallel averages gradients over the ranks, so the
parameters get exactly the gradient of the global loss, even if the ranks' batches differ in size.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
import torch.distributed as dist
import torch.distributed._functional_collectives as collectives
from mmengine.dist import (
    all_gather_object,
    all_reduce,
    barrier,
    broadcast,
    broadcast_object_list,
    get_rank,
    get_world_size,
    sync_random_seed,
)
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.ranks.phases import exchanging

__all__ = [
    # For tensors with gradients.
    "Gathered",
    "gather",
    "gather_sizes",
    "gather_rows",
    "split_evenly",
    "global_mean",
    # For flags, buffers and objects.
    "max_over_ranks",
    "mean_over_ranks",
    "share_buffers",
    "gather_objects",
    "broadcast_object",
    "from_rank_0",
    "chunks_of_rank_0",
    # mmengine's; without a process group there is one rank, number 0.
    "barrier",
    "get_rank",
    "get_world_size",
    "sync_random_seed",
]

T = TypeVar("T")

# torch 2.14 renamed the differentiable gather and deprecated the old name.
_all_gather = (
    collectives.all_gather_single_autograd
    if hasattr(collectives, "all_gather_single_autograd")
    else collectives.all_gather_tensor_autograd
)


@exchanging()
def gather_sizes(num_rows: int, device: torch.device) -> list[int]:
    """Return the number of rows that each rank holds, in rank order."""
    if get_world_size() == 1:
        return [num_rows]
    # torch's fake process group, in which a step is planned: the ranks are all like this one.
    if dist.get_backend() == "fake":
        return [num_rows] * get_world_size()
    # Each rank fills in its own entry; the sum has all of them.
    sizes = torch.zeros(get_world_size(), dtype=torch.int64, device=device)
    sizes[get_rank()] = num_rows
    dist.all_reduce(sizes)
    return sizes.tolist()


@exchanging()
def gather_rows(rows: Tensor, sizes: list[int]) -> Tensor:
    r"""Concatenate the ranks' rows in rank order; floating-point rows keep their gradient.

    Backward sums, over the ranks, the gradients that each rank's loss has for these rows.

    ::

        rank 0  [a a a]  \                                       / every rank:
        rank 1  [b . .]   >  gathered with padding (.), cut off  <   [a a a b c c]
        rank 2  [c c .]  /                                       \

    Args:
        rows: This rank's rows, (sizes[rank], ...); trailing shape and dtype equal on all ranks.
        sizes: Rows of each rank, from :func:`gather_sizes`.

    Returns:
        (sum(sizes), ...)
    """
    if get_world_size() == 1:
        return rows
    # The collectives need equal shapes on all ranks, so every rank pads its rows at the end. F.pad
    # goes from the last dimension to the first, each as (before, behind).
    longest = max(sizes)
    padding = [0, 0] * (rows.dim() - 1) + [0, longest - rows.shape[0]]
    padded = F.pad(rows, padding)
    if rows.is_floating_point():  # differentiable
        # Unlike torch.distributed's functions, this one has no default group.
        gathered = _all_gather(
            padded, gather_dim=0, group=dist.distributed_c10d._get_default_group()
        )
    else:
        gathered = padded.new_empty(longest * len(sizes), *padded.shape[1:])
        dist.all_gather_into_tensor(gathered, padded.contiguous())
    if min(sizes) == longest:
        return gathered
    chunks = gathered.split(longest)
    return torch.cat([chunk[:size] for chunk, size in zip(chunks, sizes, strict=True)])


Rows = TypeVar("Rows", bound=tuple[Tensor, ...])


@dataclass(frozen=True)
class Gathered(Generic[Rows]):
    """Tensors with one row per sample, of this rank and of all ranks.

    Attributes:
        local: A named tuple of this rank's tensors, (B, ...).
        everywhere: The same tensors with every rank's rows in rank order, (G, ...).
        first_row: Where this rank's B rows begin among the G.
    """

    local: Rows
    everywhere: Rows
    first_row: int


def gather(local: Rows, sizes: list[int]) -> Gathered[Rows]:
    """Gather each tensor of a named tuple as :func:`gather_rows` does.

    Args:
        local: This rank's tensors, each with ``sizes[rank]`` rows.
        sizes: Rows of each rank, from :func:`gather_sizes`.
    """
    everywhere = type(local)(*(gather_rows(rows, sizes) for rows in local))
    return Gathered(local, everywhere, first_row=sum(sizes[: get_rank()]))


def split_evenly(total: int, num_parts: int, part: int) -> range:
    """Return one of ``num_parts`` contiguous shares of ``range(total)``; sizes differ by 1 at most.

    Examples:
        >>> [list(split_evenly(5, 2, part)) for part in range(2)]
        [[0, 1, 2], [3, 4]]
    """
    quotient, remainder = divmod(total, num_parts)
    # The first ``remainder`` parts have one entry more.
    start = part * quotient + min(part, remainder)
    return range(start, start + quotient + (part < remainder))


def global_mean(local_sum: Tensor, sizes: list[int]) -> Tensor:
    """Return this rank's share, times the world size, of the mean over all ranks' rows.

    Averaged over the ranks, values and gradients are those of the global mean.

    Args:
        local_sum: Sum over this rank's rows, or over some of them: the shares add up.
        sizes: Rows of each rank, from :func:`gather_sizes`; at least one has some.
    """
    # DistributedDataParallel divides by the world size again, see the module's convention.
    return local_sum * (get_world_size() / sum(sizes))


@exchanging()
def max_over_ranks(values: Tensor) -> Tensor:
    """Return the largest of all ranks' values, element by element, in one exchange.

    Args:
        values: This rank's values; they become the result in place.
    """
    all_reduce(values, op="max")
    return values


@exchanging()
@torch.no_grad()
def mean_over_ranks(scalars: dict[str, Tensor]) -> dict[str, Tensor]:
    """Average the ranks' scalars by name, in one exchange; all ranks have the same names.

    Of losses by the convention of this module, that is the loss of the global batch.
    """
    if get_world_size() == 1 or not scalars:
        return scalars
    means = torch.stack([value.detach().float() for value in scalars.values()])
    all_reduce(means, op="mean")
    return dict(zip(scalars, means.unbind(), strict=True))


@exchanging()
@torch.no_grad()
def share_buffers(model: nn.Module) -> None:
    """Give all ranks the floating-point buffers of rank 0, which are those that a checkpoint holds.

    Batch norm's running statistics differ between ranks. Without this, each rank would evaluate its
    share of the data with another network.
    """
    for buffer in model.buffers():
        if buffer.is_floating_point():
            broadcast(buffer, src=0)


@exchanging()
def gather_objects(value: T) -> list[T]:
    """Return every rank's value, in rank order; it may be anything that pickle takes."""
    return all_gather_object(value)


@exchanging()
def broadcast_object(value: T | None) -> T:
    """Return rank 0's value on all ranks; it may be anything that pickle takes.

    Args:
        value: Read on rank 0 only.
    """
    values = [value]
    broadcast_object_list(values)
    return values[0]  # type: ignore[return-value]  # None came from another rank than 0


def from_rank_0(compute: Callable[[], T]) -> T:
    """Call a function on rank 0 and return its value on all ranks.

    Raises:
        ValueError: The function has raised one, or an OSError, on rank 0: all ranks stop with its
            message, and none waits for the others until its time is out.
    """
    if get_world_size() == 1:
        return compute()
    value, message = None, ""
    if get_rank() == 0:
        try:
            value = compute()
        except (ValueError, OSError) as error:
            broadcast_object((None, str(error)))
            raise
    value, message = broadcast_object((value, message))
    if message:
        raise ValueError(f"rank 0 has stopped: {message}")
    return value  # type: ignore[return-value]  # None is a value of T here


def chunks_of_rank_0(file: Path, chunk_bytes: int = 64 * 2**20) -> Iterator[bytes]:
    """Yield the content of a file of rank 0 on all ranks, which have to take all of it.

    Args:
        file: Read on rank 0 only.
        chunk_bytes: Bytes that are sent at a time.
    """
    size = from_rank_0(lambda: file.stat().st_size)
    with ExitStack() as stack:
        opened = stack.enter_context(open(file, "rb")) if get_rank() == 0 else None
        for start in range(0, size, chunk_bytes):
            length = min(chunk_bytes, size - start)
            content = bytearray(length if opened is None else opened.read(length))
            # The tensor lies in the memory of `content`.
            broadcast(torch.frombuffer(content, dtype=torch.uint8), src=0)
            yield bytes(content)
