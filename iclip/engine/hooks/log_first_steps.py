"""The first steps of a run are in the log, long before the usual interval has passed."""

from collections.abc import Sequence
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.registry import HOOKS
from iclip.settings import whole_number


@HOOKS.register_module()
class LogFirstSteps(Hook):
    """Print the log's line after some of the first steps of a run, or of its continuation.

    On a CPU, a step of a large model can take half a minute: the line after the first one says what
    the steps after it cost, and when the run would end. Only the text is printed: curves and
    tables get the values at the usual interval.

    Args:
        steps: After which steps, counted from 1.
    """

    # Behind mmengine's IterTimerHook and RuntimeInfoHook, whose values are printed.
    priority = "LOW"

    def __init__(self, steps: Sequence[int] = (1, 10)) -> None:
        self.steps = {whole_number("LogFirstSteps.steps", step) for step in steps}
        self._done = 0

    def before_train(self, runner: Runner) -> None:
        """Count from here."""
        self._done = 0

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Print the line, on rank 0."""
        self._done += 1
        if self._done in self.steps and is_main_process():
            _, line = runner.log_processor.get_log_after_iter(runner, batch_idx, "train")
            runner.logger.info(line)
