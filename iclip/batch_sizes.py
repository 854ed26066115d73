"""How the batch of an optimizer step is divided: among sources, ranks and micro-batches.

A step belongs to the config, which states its samples over all ranks, the global batch. Each rank
computes an equal share of it, one micro-batch at a time::

    global batch = ranks x accumulation x micro-batch

Every micro-batch holds the ratio of the sources exactly, so all of them have equal parts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iclip.messages import counted
from iclip.settings import whole_number

# What a rank is called, by device: one, several.
_RANK_NAMES = {"cuda": ("GPU", "GPUs"), "cpu": ("process", "processes")}


@dataclass(frozen=True)
class BatchSizes:
    """The sizes of an optimizer step.

    Attributes:
        global_batch_size: Samples per step, over all ranks.
        processes: Number of ranks.
        micro_batch_size: Samples that a rank computes at once.
        accumulation: Micro-batches per rank and step.
    """

    global_batch_size: int
    processes: int
    micro_batch_size: int
    accumulation: int

    def describe(self, device: str) -> str:
        """Write the sizes as a product: ``12,288 = 8 GPUs x 8 x 192``.

        Args:
            device: ``'cuda'`` or ``'cpu'``.
        """
        ranks = counted(self.processes, *_RANK_NAMES[device])
        return (
            f"{self.global_batch_size:,} = {ranks} x {self.accumulation} x "
            f"{self.micro_batch_size:,}"
        )


def divide_batch(
    global_batch_size: int,
    processes: int,
    ratio: Sequence[Any],
    micro_batch_size: int | None = None,
    device: str = "cuda",
) -> BatchSizes:
    """Divide the batch of a step among ranks and micro-batches.

    Args:
        global_batch_size: Samples per step, over all ranks.
        processes: Number of ranks.
        ratio: Part of each source; every micro-batch holds it.
        micro_batch_size: Samples that a rank may compute at once. None, or more than the rank's
            share: the whole share.
        device: What the ranks run on, for messages: ``'cuda'`` or ``'cpu'``.

    Raises:
        ValueError: A size is not a whole number from 1 up, the ratio is malformed, or equal parts
            that hold the ratio do not exist. The message names the nearest sizes with such parts.
    """
    global_batch_size = whole_number("global_batch_size", global_batch_size)
    smallest = smallest_batch(ratio)
    if global_batch_size % (processes * smallest):
        raise ValueError(_undivided(global_batch_size, processes, ratio, device))
    share = global_batch_size // processes
    if micro_batch_size is None:
        micro_batch_size = share
    micro_batch_size = min(whole_number("micro_batch_size", micro_batch_size), share)
    fitting = fitting_micro_batches(share, ratio)
    if micro_batch_size not in fitting:
        raise ValueError(
            f"micro_batch_size={micro_batch_size} does not cut a {_RANK_NAMES[device][0]}'s "
            f"{share:,} of global_batch_size={global_batch_size} samples into equal parts with the "
            f"ratio {tuple(ratio)}. The nearest that does (--micro-batch-size): "
            f"{_either(_nearest(fitting, micro_batch_size))}"
        )
    return BatchSizes(global_batch_size, processes, micro_batch_size, share // micro_batch_size)


def fitting_micro_batches(share: int, ratio: Sequence[Any]) -> list[int]:
    """List the sizes, ascending, that cut a rank's share into equal parts holding the ratio."""
    smallest = smallest_batch(ratio)
    if share % smallest:
        return []
    return [smallest * part for part in _divisors(share // smallest)]


def smallest_batch(ratio: Sequence[Any]) -> int:
    """Return the size of the smallest batch with a ratio: (2, 4) is (1, 2), which 3 samples have.

    Raises:
        ValueError: The ratio is not made of whole numbers from 0 up, or they are all 0.
    """
    ratio = tuple(ratio)
    if not any(ratio) or not all(isinstance(part, int) and part >= 0 for part in ratio):
        raise ValueError(
            f"ratio={ratio}: give one whole number >= 0 for each source, and not only zeros"
        )
    return sum(ratio) // math.gcd(*ratio)


def split_batch(batch_size: int, ratio: Sequence[Any], names: Sequence[str]) -> tuple[int, ...]:
    """Divide a batch among the sources.

    Args:
        batch_size: Samples to divide.
        ratio: Part of each source, whole numbers, not all 0.
        names: Names of the sources.

    Returns:
        Number of samples of each source; their sum is ``batch_size``.

    Raises:
        ValueError: The ratio is malformed, or ``batch_size`` cannot be divided in this ratio.
    """
    ratio = tuple(ratio)
    if len(ratio) != len(names):
        raise ValueError(
            f"ratio={ratio}: give one whole number >= 0 for each source, ({', '.join(names)})"
        )
    smallest = smallest_batch(ratio)
    if batch_size < 1 or batch_size % smallest:
        raise ValueError(
            f"batch_size={batch_size} cannot hold ratio={ratio} exactly: it must be a multiple of "
            f"{smallest}. The nearest that can: {_either(_multiples_near(batch_size, smallest))}"
        )
    return tuple(batch_size * part // sum(ratio) for part in ratio)


def _undivided(global_batch_size: int, processes: int, ratio: Sequence[int], device: str) -> str:
    """Say which global batches the ranks can share, and which numbers of ranks this one."""
    smallest = smallest_batch(ratio)
    unit = processes * smallest
    message = (
        f"global_batch_size={global_batch_size} cannot be shared equally by "
        f"{counted(processes, *_RANK_NAMES[device])} with the ratio {tuple(ratio)}: it must be a "
        f"multiple of {unit}. The nearest that can (--global-batch-size): "
        f"{_either(_multiples_near(global_batch_size, unit))}"
    )
    if global_batch_size % smallest:
        return message
    counts = _nearest(_divisors(global_batch_size // smallest), processes)
    ranks = _RANK_NAMES[device][counts[-1] > 1]
    return f"{message}; or keep it and take {_either(counts)} {ranks}"


def _divisors(number: int) -> list[int]:
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    return sorted({*small, *(number // divisor for divisor in small)})


def _nearest(fitting: Sequence[int], value: int) -> list[int]:
    """Return the largest of the fitting sizes below a value and the smallest above it."""
    below = [size for size in fitting if size < value]
    above = [size for size in fitting if size > value]
    return below[-1:] + above[:1]


def _multiples_near(value: int, unit: int) -> list[int]:
    below = value // unit * unit
    return [size for size in (below, below + unit) if size > 0]


def _either(sizes: Sequence[int]) -> str:
    return " or ".join(map(str, sizes))
