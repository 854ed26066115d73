"""Flags are agreed on all ranks in the exchange of a step, together with its numbers."""

import math
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from iclip.distributed import get_rank
from iclip.engine.step_flags import FLAGS, NOT_FINITE, STOP, StepFlags, step_flags_of
from tests.support.ranks import call_on_ranks


def agreed(flags: StepFlags) -> list[str]:
    return [name for name in FLAGS if flags.is_agreed(name)]


def exchange_four_times() -> list[Any]:
    """What this rank of two has agreed on and read in each of four iterations."""
    rank, flags, seen = get_rank(), StepFlags(), []
    values = [(1.0, 2.0), (math.nan, 2.0), (1.0, 2.0), (1.0, math.inf)]
    for iteration, (one, other) in enumerate(values):
        if iteration == 2 and rank == 0:
            flags.raise_flag(STOP)
        # Rank 1 alone meets what is not finite.
        numbers = [one, other] if rank == 1 else [1.0, 2.0]
        read = flags.exchange(iteration, [torch.tensor(number) for number in numbers])
        seen.append((agreed(flags), read))
    return seen


def test_flag_of_one_rank_is_agreed_on_all_in_the_same_step(tmp_path: Path):
    first, second = call_on_ranks(2, tmp_path, partial(exchange_four_times))
    expected = [[], [NOT_FINITE], [STOP], [NOT_FINITE, STOP]]
    assert [names for names, _ in first] == [names for names, _ in second] == expected
    assert [read for _, read in first] == [[1.0, 2.0]] * 4
    assert [read for _, read in second][3] == [1.0, math.inf]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_value_that_is_not_finite_counts_in_its_own_step_only(value: float):
    flags = StepFlags()
    flags.exchange(0, [torch.tensor(3.0), torch.tensor(value)])
    assert agreed(flags) == [NOT_FINITE]
    assert flags.exchange(1, [torch.tensor(3.0)]) == [3.0]
    assert agreed(flags) == []


def test_exchange_without_values_agrees_on_flags():
    flags = StepFlags()
    assert flags.exchange(0) == []
    assert agreed(flags) == []
    flags.raise_flag(STOP)
    assert agreed(flags) == []  # not before the exchange
    assert flags.exchange(1) == []
    assert agreed(flags) == [STOP]


def test_flags_are_exchanged_once_per_iteration():
    flags = StepFlags()
    flags.exchange(4, [torch.tensor(math.nan)])
    flags.raise_flag(STOP)
    flags.settle(4)
    assert agreed(flags) == [NOT_FINITE]
    flags.settle(5)
    assert agreed(flags) == [STOP]


def test_flag_of_another_name_is_a_fault():
    with pytest.raises(AssertionError, match="go on"):
        StepFlags().raise_flag("go on")


def test_hooks_of_a_run_share_its_flags():
    runner, other = SimpleNamespace(), SimpleNamespace()
    assert step_flags_of(runner) is step_flags_of(runner)
    assert step_flags_of(runner) is not step_flags_of(other)
