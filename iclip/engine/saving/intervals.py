"""Checkpoints fall on steps of the optimizer."""

from collections.abc import Mapping


def check_intervals(intervals: Mapping[str, int], accumulated: int) -> None:
    """Refuse an interval that would save between two steps of the optimizer.

    Args:
        intervals: Iterations between checkpoints, by the setting that says so.
        accumulated: Iterations per step of the optimizer.

    Raises:
        ValueError: One is not a multiple.
    """
    for name, interval in intervals.items():
        if interval % accumulated:
            below = interval - interval % accumulated
            fitting = " or ".join(str(n) for n in (below, below + accumulated) if n > 0)
            raise ValueError(
                f"{name}={interval} is not a multiple of optim_wrapper.accumulative_counts="
                f"{accumulated}: a checkpoint would fall between two optimizer steps and lose "
                f"gradients. Take {fitting}"
            )
