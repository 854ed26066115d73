"""What differs between the weights of two checkpoints."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from iclip.checkpoints.safe_loading import Shape


@dataclass(frozen=True)
class TensorChanges:
    """The differences between two files' tensors, by name.

    Attributes:
        missing: In the first file only: name -> shape.
        added: In the second file only: name -> shape.
        reshaped: In both, with other shapes: name -> (first, second).
        equal: Names of tensors that are equal, bit by bit or as numbers.
        changed: In both, with other numbers: name -> largest change, relative to the largest
            magnitude in the first; the largest change comes first. It is infinite where the first
            tensor holds zeros only, and NaN where a number is not finite.
    """

    missing: Mapping[str, Shape]
    added: Mapping[str, Shape]
    reshaped: Mapping[str, tuple[Shape, Shape]]
    equal: tuple[str, ...]
    changed: Mapping[str, float]


def compare_tensors(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> TensorChanges:
    """Compare tensors of the same names."""
    reshaped, equal, changed = {}, [], {}
    for name in first.keys() & second.keys():
        before, after = first[name], second[name]
        if before.shape != after.shape:
            reshaped[name] = (tuple(before.shape), tuple(after.shape))
        elif torch.equal(before, after):
            equal.append(name)
        else:
            changed[name] = largest_change(before, after)
    return TensorChanges(
        missing=_only_in(first, second),
        added=_only_in(second, first),
        reshaped=dict(sorted(reshaped.items())),
        equal=tuple(sorted(equal)),
        changed=dict(sorted(changed.items(), key=lambda item: (-_order(item[1]), item[0]))),
    )


@torch.no_grad()
def largest_change(before: Tensor, after: Tensor) -> float:
    """Return the largest change of an entry, relative to the largest magnitude before."""
    # Whole numbers and halves are subtracted exactly.
    before, after = before.double(), after.double()
    change = (after - before).abs().max()
    if not change.isfinite():
        return math.nan
    scale = before.abs().max()
    return math.inf if scale == 0 else float(change / scale)


def _only_in(these: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {name: tuple(t.shape) for name, t in these.items() if name not in others}


def _order(change: float) -> float:
    return math.inf if math.isnan(change) else change
