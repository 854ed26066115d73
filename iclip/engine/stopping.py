"""Where a training that was asked to stop ends, and with which checkpoint."""

from pathlib import Path
from typing import NoReturn

import torch
from mmengine.hooks import EMAHook
from mmengine.runner import EpochBasedTrainLoop, Runner

from iclip.distributed import from_rank_0, max_over_ranks
from iclip.engine.saving.checkpoint_files import latest_checkpoint, named_file
from iclip.engine.saving.last_save import checkpoint_hook
from iclip.stop_signals import EXIT_TO_BE_CONTINUED, RunStopped, stop_asked


def asked_on_any_rank() -> bool:
    """Whether a rank was asked to stop; an exchange, which all ranks have to make."""
    return bool(max_over_ranks(torch.tensor(int(stop_asked() is not None))))


def stops_within_epochs(runner: Runner) -> bool:
    """Whether a run can go on in the middle of an epoch: mmengine's loop over epochs cannot."""
    return not isinstance(runner.train_loop, EpochBasedTrainLoop)


def stop(runner: Runner, iteration: int, epoch: int, save: bool = True) -> NoReturn:
    """End a training on all ranks, after rank 0 has saved its checkpoint.

    Args:
        runner: The runner.
        iteration: Iterations that are done.
        epoch: Epochs that are done.
        save: Whether a run can go on from here.

    Raises:
        RunStopped: The checkpoint is there.
        ValueError: It could not be written, on another rank than 0.
        OSError: The same, on rank 0.
    """
    hook = checkpoint_hook(runner)
    if hook is not None:
        if save:
            hook.save_at(runner, iteration, epoch)
        # No rank ends before the file is there: torchrun and srun would end the others.
        from_rank_0(hook.wait)
    message = (
        f"stopped by {stop_asked() or 'a notice to another rank'} after iteration "
        f"{iteration:,} of {runner.max_iters:,}, to be continued with --resume from "
        f"{_continuation(Path(runner.work_dir))}: exit code {EXIT_TO_BE_CONTINUED}"
    )
    runner.logger.warning(message)
    raise RunStopped(message, agreed=True)


def leave_validation(runner: Runner) -> NoReturn:
    """End a training on all ranks during a validation, which a resumed run repeats.

    Raises:
        RunStopped: Always.
    """
    for hook in runner.hooks:
        # During a validation, it has averaged and trained weights swapped, and would save them so.
        if isinstance(hook, EMAHook):
            hook.after_val_epoch(runner)
    stop(runner, runner.iter, runner.epoch)


def _continuation(work_dir: Path) -> str:
    latest = latest_checkpoint(work_dir)
    return "the beginning" if latest is None else str(named_file(latest))
