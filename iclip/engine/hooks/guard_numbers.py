"""A step whose losses or gradients are not finite changes nothing; what follows is the config's."""

from pathlib import Path
from typing import Any, Literal, get_args

from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.distributed import get_world_size
from iclip.engine.guard.guarded_step import GuardedStep
from iclip.engine.guard.numeric_faults import stop_message
from iclip.engine.guard.rollback import point_of_return
from iclip.engine.guard.step_keeper import StepKeeper
from iclip.engine.step_flags import NOT_FINITE_SINCE, ROLLBACKS, SKIPPED_STEPS, step_flags_of
from iclip.engine.unwrap_model import unwrap
from iclip.messages import counted
from iclip.registry import HOOKS

OnFault = Literal["skip", "rollback", "stop"]


@HOOKS.register_module()
class GuardNumbers(Hook):
    """Look at the losses and gradients of each step before anything has changed by it.

    If one is not finite on any rank, all ranks leave the step out in the same iteration: weights,
    the optimizer's state, averages of the weights (EMA) and buffers are as before. The iteration
    counts: schedules go on, and its samples count as consumed. The log gets the values, ranks and
    samples, and no value for its means; ``skipped_steps`` is counted through resumes. The step is
    kept for ``tools/replay.py`` (:mod:`iclip.engine.guard.kept_steps`). Until a step is finite
    again, no checkpoint is written.

    What then follows, by ``on_fault``:

    - ``'skip'``: the training goes on, up to ``max_in_row`` such steps in a row; one more stops it.
    - ``'rollback'``: it returns to the last checkpoint that is whole and finite, and from there on
      leaves out the samples of the faulty step, on all ranks (`ResumableTrainLoop`); before the
      first checkpoint, the step is skipped. After ``max_rollbacks`` returns in one process, one
      more stops it.
    - ``'stop'``: it stops, with exit code 2 and the last checkpoint's name.

    A gradient that a scaler (float16) skips while it looks for its scale does not count, a loss
    does.

    Args:
        on_fault: What to do, see above.
        max_in_row: Steps in a row that are skipped.
        max_rollbacks: Returns to a checkpoint.
        keep_steps: Steps whose files are kept, the last ones; of those in a row, the first. Each
            takes a batch per rank and the model's weights, 0.85 GB for Swin-B. 0: none is kept.

    Raises:
        ValueError: A setting is outside its range.
    """

    # Before the hooks that log the losses, average the weights or store them.
    priority = "HIGHEST"

    def __init__(
        self,
        on_fault: OnFault = "skip",
        max_in_row: int = 5,
        max_rollbacks: int = 3,
        keep_steps: int = 3,
    ) -> None:
        if on_fault not in get_args(OnFault):
            raise ValueError(
                f"{type(self).__name__}.on_fault is {on_fault!r}; it takes one of "
                f"{', '.join(map(repr, get_args(OnFault)))}"
            )
        numbers = dict(max_in_row=max_in_row, max_rollbacks=max_rollbacks, keep_steps=keep_steps)
        for name, value in numbers.items():
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(
                    f"{type(self).__name__}.{name} is {value!r}; it takes a whole number from 0 up"
                )
        self.on_fault = on_fault
        self.max_in_row, self.max_rollbacks = max_in_row, max_rollbacks
        self.keeper = StepKeeper(keep_steps)
        # Faulty iterations since the last step, and returns to a checkpoint in this process.
        self.in_row = self.rollbacks = 0

    @property
    def features(self) -> Any:
        """The backbone's last output in this iteration; None before the training."""
        return self.step.features if hasattr(self, "step") else None

    def before_train(self, runner: Runner) -> None:
        """Watch the model's losses, the backbone's features and the optimizer's steps.

        Raises:
            ValueError: ``on_fault='rollback'`` with a loop that cannot return.
        """
        if self.on_fault == "rollback" and not hasattr(runner.train_loop, "return_to"):
            raise ValueError(
                f"{type(self).__name__}.on_fault is 'rollback', and train_cfg.type is "
                f"{type(runner.train_loop).__name__}, which cannot leave samples out; take 'skip' "
                "or 'stop'"
            )
        self.step = GuardedStep(unwrap(runner.model), runner.optim_wrapper, step_flags_of(runner))
        self.step.pause_averages(runner.hooks)
        if self.on_fault != "stop" and get_world_size() == 1:
            self.step.go_on_after_refusals()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Note what the step may change."""
        self.step.begin(runner.iter)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Go on after a finite step, and decide about another one.

        Raises:
            ValueError: The training stops, on all ranks.
        """
        self.step.finish()
        if self.step.is_faulty:
            self._meet_fault(runner, data_batch)
            if isinstance(outputs, dict):
                outputs.clear()  # the log's means are to stay finite
        elif self.in_row and self.step.has_stepped:
            self.in_row = 0
            runner.message_hub.update_info(NOT_FINITE_SINCE, None)

    def after_train(self, runner: Runner) -> None:
        """Log the totals."""
        hub = runner.message_hub
        if skipped := hub.get_info(SKIPPED_STEPS, 0):
            runner.logger.info(
                f"Steps left out because numbers were not finite: {skipped:,}; "
                f"returns to a checkpoint: {hub.get_info(ROLLBACKS, 0):,}"
            )

    def _meet_fault(self, runner: Runner, data_batch: Any) -> None:
        """Keep the step, then stop, skip or ask the loop for a return, on all ranks alike."""
        hub, iteration = runner.message_hub, runner.iter + 1
        self.in_row += 1
        hub.update_info(NOT_FINITE_SINCE, iteration)
        faults = self.step.faults
        kept = self.keeper.keep(runner, data_batch, self.step, self.in_row)
        checkpoint = point_of_return(runner) if self.on_fault == "rollback" else None
        limit = self._limit(checkpoint)
        if limit is not None:
            work_dir = Path(runner.work_dir)
            raise ValueError(
                stop_message(faults + limit, iteration, runner.max_iters, work_dir) + kept
            )
        hub.update_info(SKIPPED_STEPS, hub.get_info(SKIPPED_STEPS, 0) + 1)
        hub.update_scalar("train/skipped_steps", hub.get_info(SKIPPED_STEPS))
        if checkpoint is None:
            next_is = f"{self.in_row} in a row, of at most {self.max_in_row}"
        else:
            self.rollbacks += 1
            hub.update_info(ROLLBACKS, hub.get_info(ROLLBACKS, 0) + 1)
            runner.train_loop.return_to = checkpoint
            next_is = f"return {self.rollbacks} of at most {self.max_rollbacks}, to {checkpoint}"
        runner.logger.warning(f"Step {iteration:,} is left out: {faults} ({next_is}){kept}")

    def _limit(self, checkpoint: Path | None) -> str | None:
        """Say which limit is reached; None if the training can go on."""
        if self.on_fault == "stop":
            return ""
        if checkpoint is not None:
            if self.rollbacks < self.max_rollbacks:
                return None
            returns = counted(self.rollbacks, "return")
            return f", after {returns} to a checkpoint, which is max_rollbacks"
        if self.in_row <= self.max_in_row:
            return None
        return f", after {self.max_in_row} steps in a row were skipped, which is max_in_row"


@HOOKS.register_module()
class StopWhenNotFinite(GuardNumbers):
    """The hook's former form, which configs of earlier versions name: stop at once."""

    def __init__(self) -> None:
        super().__init__(on_fault="stop")
