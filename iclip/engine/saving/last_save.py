"""The checkpoint that is being written when a run ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.runner import Runner

from iclip.engine.hooks.atomic_checkpoint import AtomicCheckpoint
from iclip.user_errors import readable


def checkpoint_hook(runner: Runner) -> AtomicCheckpoint | None:
    """Return a run's hook that saves checkpoints, or None if it has another one."""
    return next((hook for hook in runner.hooks if isinstance(hook, AtomicCheckpoint)), None)


@contextmanager
def last_save_finished(runner: Runner) -> Iterator[None]:
    """Wait for the checkpoint in flight when a run ends with an error; log it if that fails too."""
    try:
        yield
    except BaseException:
        hook = checkpoint_hook(runner)
        try:
            if hook is not None:
                hook.wait()
        except OSError as error:
            runner.logger.error(readable(error))
        raise
