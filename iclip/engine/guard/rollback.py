"""Return a running training to its last good checkpoint."""

from pathlib import Path

from mmengine.runner import Runner

from iclip.distributed import from_rank_0
from iclip.engine.saving.checkpoint_files import last_good_checkpoint
from iclip.engine.saving.last_save import checkpoint_hook
from iclip.engine.start.sent_checkpoint import on_this_machine
from iclip.engine.step_flags import NOT_FINITE_SINCE, ROLLBACKS, SKIPPED_STEPS
from iclip.ranks.phases import during

# What the message hub says of the run, and not of the state that it returns to.
_OF_THE_RUN = (NOT_FINITE_SINCE, SKIPPED_STEPS, ROLLBACKS)


def point_of_return(runner: Runner) -> Path | None:
    """Find the run's last good checkpoint; the same on all ranks, which call this together.

    Returns:
        The file on this machine; None before the first checkpoint.
    """
    work_dir = Path(runner.work_dir)
    checkpoint = from_rank_0(lambda: _last_good(runner, work_dir))
    return None if checkpoint is None else on_this_machine(checkpoint, work_dir)


def roll_back(runner: Runner, checkpoint: Path) -> None:
    """Give a running training the state of a checkpoint: model, optimizer, schedules and counts.

    Args:
        runner: The run; also its iteration becomes the checkpoint's.
        checkpoint: A checkpoint of this run.
    """
    # For the hooks that check what is loaded, and for those that have a state of their own (EMA).
    runner._resume, runner._load_from = True, str(checkpoint)
    hub = runner.message_hub
    kept = {name: hub.get_info(name) for name in _OF_THE_RUN}
    with during("going back to a checkpoint"):
        # From the CPU, each value goes to where it belongs. Two copies might not fit a GPU.
        runner.resume(str(checkpoint), map_location="cpu")
    hub.update_info_dict(kept)


def _last_good(runner: Runner, work_dir: Path) -> Path | None:
    hook = checkpoint_hook(runner)
    if hook is not None:
        hook.wait()  # it writes in the background
    checkpoint = last_good_checkpoint(work_dir)
    return None if checkpoint is None else checkpoint.resolve()
