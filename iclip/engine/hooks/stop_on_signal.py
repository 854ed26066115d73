"""A training that is asked to stop ends after its step, with a checkpoint from which it goes on."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.distributed import get_world_size
from iclip.engine.step_flags import STOP, step_flags_of
from iclip.engine.stopping import leave_validation, stop, stops_within_epochs
from iclip.registry import HOOKS
from iclip.stop_signals import hold_back, stop_asked


@HOOKS.register_module()
class StopOnSignal(Hook):
    """On SIGTERM or SIGUSR1, finish the step, save a checkpoint and end with exit code 75.

    A notice to one rank stops all of them at the same iteration. What a run that counts epochs has
    done of an epoch is lost, since mmengine's loop goes on at the beginning of one: the run ends
    after the step, without a checkpoint, but saves the epoch that this step completes.

    A validation is left, for a resumed run repeats it. On several ranks, only `MultiValLoop` can be
    left; mmengine's loop ends first.
    """

    # After the checkpoint of an iteration, if one is due.
    priority = "LOWEST"

    def before_train(self, runner: Runner) -> None:
        """Hold notices back from now on."""
        hold_back()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Tell the other ranks of a notice, in the exchange of this step."""
        if stop_asked():
            step_flags_of(runner).raise_flag(STOP)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Stop after this iteration, if a rank was asked to.

        Raises:
            RunStopped: All ranks stop.
        """
        flags = step_flags_of(runner)
        flags.settle(runner.iter)
        if not flags.is_agreed(STOP):
            return
        done, within = runner.iter + 1, stops_within_epochs(runner)
        # Between two steps of the optimizer, a checkpoint would lose gradients.
        is_step = done % getattr(runner.optim_wrapper, "_accumulative_counts", 1) == 0
        # The end of the run, and of an epoch, comes at once and saves.
        is_end = done >= runner.max_iters or (
            not within and self.end_of_epoch(runner.train_dataloader, batch_idx)
        )
        if is_step and not is_end:
            stop(runner, done, runner.epoch, save=within)

    def after_train_epoch(self, runner: Runner) -> None:
        """Stop after this epoch, if a rank was asked to before its last step.

        Raises:
            RunStopped: All ranks stop.
        """
        if runner.iter < runner.max_iters and step_flags_of(runner).is_agreed(STOP):
            stop(runner, runner.iter, runner.epoch + 1)

    def before_val_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Leave the validation of a single process, whatever its loop, if it was asked to stop.

        Raises:
            RunStopped: The run stops.
        """
        if get_world_size() == 1 and stop_asked():
            leave_validation(runner)
