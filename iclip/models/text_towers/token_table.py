"""Look-ups in a text tower's token table that write one gradient together."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F


class SharedTable:
    """A token table for several look-ups of one forward pass.

    Each look-up of ``nn.Embedding`` has the backward pass write a gradient as large as the table,
    which costs more than the look-up's own rows once texts come in chunks. Here all look-ups add
    their rows to one gradient, which reaches the table after the last of them: no further memory,
    and time in proportion to the tokens. Values and gradient are those of ``nn.Embedding``.

    Args:
        table: (V, C)
    """

    def __init__(self, table: Tensor) -> None:
        self._sum = _GradientSum(table.detach())
        # All look-ups take this tensor, so its own backward pass comes after theirs.
        self._source = _Source.apply(table, self._sum)

    def look_up(self, rows: Tensor) -> Tensor:
        """Return the table's rows (..., C) of indices (...), int64."""
        return _LookUp.apply(self._source, rows, self._sum)


class _GradientSum:
    """The table, and the gradient that the look-ups have added up so far."""

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self._gradient: Tensor | None = None

    def add(self, rows: Tensor, gradients: Tensor) -> None:
        if self._gradient is None:
            self._gradient = torch.zeros_like(self.table)
        # On a GPU, unlike `index_add_`, this sorts the indices: the sum is the same in every run.
        self._gradient.index_put_((rows,), gradients.to(self.table.dtype), accumulate=True)

    def take(self) -> Tensor | None:
        """Return the gradient and start again, for a further backward pass."""
        gradient, self._gradient = self._gradient, None
        return gradient


class _Source(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, table: Tensor, gradient_sum: _GradientSum) -> Tensor:
        ctx.gradient_sum = gradient_sum  # type: ignore[attr-defined]
        return table.new_zeros(())

    @staticmethod
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor | None, None]:  # type: ignore[override]
        return ctx.gradient_sum.take(), None


class _LookUp(torch.autograd.Function):
    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, source: Tensor, rows: Tensor, gradient_sum: _GradientSum
    ) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.gradient_sum = gradient_sum
        return F.embedding(rows, gradient_sum.table)

    @staticmethod
    def backward(ctx: Any, gradients: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        (rows,) = ctx.saved_tensors
        ctx.gradient_sum.add(rows, gradients)
        return gradients.new_zeros(()), None, None
