"""The only place where tensors cross ranks.

The convention of this module and of the losses: each rank computes its share of the *global* loss,
multiplied by the world size. DistributedDataParallel averages gradients over the ranks, so what
arrives at the parameters is exactly the gradient of the global loss, uneven batches included.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
import torch.distributed as dist
import torch.distributed._functional_collectives as collectives
from torch import Tensor
from torch.nn import functional as F

# torch 2.14 renamed the differentiable gather and deprecated the old name.
_all_gather = (
    collectives.all_gather_single_autograd
    if hasattr(collectives, "all_gather_single_autograd")
    else collectives.all_gather_tensor_autograd
)


def get_world_size() -> int:
    """Number of ranks; 1 without an initialized process group."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def get_rank() -> int:
    """This process's rank; 0 without an initialized process group."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def gather_sizes(num_rows: int, device: torch.device) -> list[int]:
    """Number of rows that each rank holds, in rank order, known to every rank."""
    if get_world_size() == 1:
        return [num_rows]
    sizes = torch.zeros(get_world_size(), dtype=torch.int64, device=device)
    sizes[get_rank()] = num_rows
    dist.all_reduce(sizes)
    return sizes.tolist()


def gather_rows(rows: Tensor, sizes: list[int]) -> Tensor:
    r"""Concatenates the ranks' rows in rank order; floating-point rows keep their gradient.

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
    longest = max(sizes)
    padding = [0, 0] * (rows.dim() - 1) + [0, longest - rows.shape[0]]
    padded = F.pad(rows, padding)
    if rows.is_floating_point():
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
    """The ``part``-th of ``num_parts`` contiguous shares of ``range(total)``, sizes within one.

    >>> [list(split_evenly(5, 2, part)) for part in range(2)]
    [[0, 1, 2], [3, 4]]
    """
    quotient, remainder = divmod(total, num_parts)
    start = part * quotient + min(part, remainder)
    return range(start, start + quotient + (part < remainder))


def global_mean(local_sum: Tensor, num_rows: int) -> Tensor:
    """This rank's share, times the world size, of the mean over all ranks' rows.

    Averaged over the ranks, values and gradients are those of the global mean.

    Args:
        local_sum: Sum over this rank's rows.
        num_rows: How many rows that are.
    """
    total = sum(gather_sizes(num_rows, local_sum.device))
    return local_sum * (get_world_size() / total)
