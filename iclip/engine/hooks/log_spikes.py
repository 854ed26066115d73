"""A loss far above its recent values is said in the log."""

from typing import Any

import numpy as np
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.registry import HOOKS
from iclip.settings import whole_number

LOSS = "train/loss"
# What the message hub calls the number of spikes.
SPIKES = "loss_spikes"
# From the median absolute deviation to the standard deviation of a normal distribution.
_NORMAL = 1.4826
# The least deviation that counts, as a share of the median: for losses that hardly vary.
_LEAST = 1e-3


@HOOKS.register_module()
class LogSpikes(Hook):
    """Warn when the loss of a step exceeds its recent median by many times its recent spread.

    A spike is a loss above ``median + spread * 1.4826 * MAD``, median and median absolute deviation
    taken over the ``window`` steps before it; both ignore single spikes, unlike mean and standard
    deviation. Nothing is said before a window is half full. Nothing is changed: a spike may be a
    hard batch. The values are those that the log has anyway; no GPU is waited for.

    Args:
        spread: Standard deviations above the median.
        window: Steps whose losses are compared.
        quiet: Steps after a warning in which spikes are counted only.
    """

    # After mmengine's RuntimeInfoHook has read the losses.
    priority = "NORMAL"

    def __init__(self, spread: float = 8.0, window: int = 100, quiet: int = 100) -> None:
        if not spread > 0:
            raise ValueError(f"LogSpikes.spread is {spread!r}; it takes a number above 0")
        self.spread = spread
        self.window = whole_number("LogSpikes.window", window)
        self.quiet = whole_number("LogSpikes.quiet", quiet)
        # The iteration of the last warning, and spikes since then.
        self.warned: int | None = None
        self.since = 0

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Compare the loss of the step with those before it, on rank 0."""
        # A step that was left out has no losses.
        if not is_main_process() or not outputs or LOSS not in runner.message_hub.log_scalars:
            return
        losses, _ = runner.message_hub.get_scalar(LOSS).data
        before, loss = losses[-self.window - 1 : -1], losses[-1]
        if len(before) < max(self.window // 2, 2):
            return
        limit = highest_usual(before, self.spread)
        if loss > limit:
            self._say(runner, float(loss), float(np.median(before)), limit)

    def _say(self, runner: Runner, loss: float, median: float, limit: float) -> None:
        hub = runner.message_hub
        hub.update_info(SPIKES, hub.get_info(SPIKES, 0) + 1)
        if self.warned is not None and runner.iter - self.warned < self.quiet:
            self.since += 1
            return
        more = f"; {self.since:,} more since the last warning" if self.since else ""
        runner.logger.warning(
            f"The loss of step {runner.iter + 1:,} is {loss:.4g}, above {limit:.4g}: the median of "
            f"the steps before it is {median:.4g} (LogSpikes.spread={self.spread:g}{more})"
        )
        self.warned, self.since = runner.iter, 0


def highest_usual(losses: np.ndarray, spread: float) -> float:
    """Return the highest loss after these, (N,), that is not a spike."""
    median = np.median(losses)
    deviation = np.median(np.abs(losses - median))
    return float(median + spread * _NORMAL * max(deviation, _LEAST * abs(median)))
