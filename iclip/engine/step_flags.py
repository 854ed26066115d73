"""What the ranks agree about in every step, in one exchange.

A rank raises a flag whenever it likes, from a signal handler, too. Once per iteration, all ranks
exchange their flags: one that a rank has raised is then agreed on all of them, in the same
iteration. The hook :class:`~iclip.engine.hooks.guard_numbers.GuardNumbers` makes the exchange
together with its own question, whether the step's numbers are finite, before the optimizer's step.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from iclip.distributed import max_over_ranks

# A loss or a gradient of this step is not finite.
NOT_FINITE = "not finite"
# The run is asked to end after this step, with a checkpoint.
STOP = "stop"
# A checkpoint could not be written.
SAVE_FAILED = "save failed"
# In the order of the exchange, which is the same on all ranks.
FLAGS = (NOT_FINITE, STOP, SAVE_FAILED)

# What the message hub calls the iteration, counted from 1, of the last step that was not finite, as
# long as no finite one has followed: nothing is saved then. Otherwise None.
NOT_FINITE_SINCE = "not_finite_since"
# And how many steps the run has left out for that reason, and how often it went back therefore.
SKIPPED_STEPS, ROLLBACKS = "skipped_steps", "rollbacks"


class StepFlags:
    """The flags of one run on this rank; :func:`step_flags_of` has them."""

    def __init__(self) -> None:
        self._raised: set[str] = set()
        self._agreed: frozenset[str] = frozenset()
        # The iteration of the last exchange.
        self._iteration: int | None = None

    def raise_flag(self, name: str) -> None:
        """Raise a flag on this rank; it stays raised. A signal handler may do so at any time.

        Args:
            name: One of :data:`FLAGS`.
        """
        assert name in FLAGS, name
        self._raised.add(name)

    def is_agreed(self, name: str) -> bool:
        """Whether any rank had raised a flag before the last exchange; equal on all ranks."""
        assert name in FLAGS, name
        return name in self._agreed

    def exchange(self, iteration: int, values: Sequence[Tensor] = ()) -> list[float]:
        """Agree on the flags with all ranks, and read the values, which are to be finite.

        The values come to the CPU with the flags: a GPU is waited for once.

        Args:
            iteration: The current iteration.
            values: Scalars of this rank. If one is not finite, :data:`NOT_FINITE` is agreed.

        Returns:
            This rank's values as numbers.
        """
        numbers = torch.stack([v.detach().float() for v in values]) if values else torch.zeros(0)
        flags = torch.zeros(len(FLAGS), device=numbers.device)
        for place, name in enumerate(FLAGS):
            if name in self._raised:
                # In place: what is assigned comes as a copy from the CPU, which waits for a GPU.
                flags[place].fill_(1)
        finite = numbers.isfinite().all()
        flags[FLAGS.index(NOT_FINITE)].masked_fill_(~finite, 1)
        read = torch.cat([max_over_ranks(flags), numbers]).tolist()
        self._agreed = frozenset(name for name, flag in zip(FLAGS, read, strict=False) if flag)
        self._iteration = iteration
        return read[len(FLAGS) :]

    def settle(self, iteration: int) -> None:
        """Agree on the flags, unless it was done in this iteration; called on all ranks alike."""
        if self._iteration != iteration:
            self.exchange(iteration)


def step_flags_of(runner: Any) -> StepFlags:
    """Return the flags of a run, which all its hooks share."""
    flags = getattr(runner, "step_flags", None)
    if flags is None:
        flags = runner.step_flags = StepFlags()
    return flags
