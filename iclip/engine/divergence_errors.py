"""A run that diverges before it has a loss: a library refuses values that are not finite."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.runner import Runner

from iclip.engine.guard.numeric_faults import faults_by_rank, refused_numbers, stop_message
from iclip.engine.hooks import GuardNumbers
from iclip.user_errors import is_for_the_user


@contextmanager
def explain_divergence(runner: Runner) -> Iterator[None]:
    """Explain an error that a library raised because values were not finite.

    The message is that of the hook `GuardNumbers`, which leaves such a step out where there is one
    process. The other ranks go on waiting for this one until torchrun ends them.

    Raises:
        ValueError: The backbone's last features, or the costs of a matching, are not finite.
    """
    try:
        yield
    except Exception as error:
        # The hub's own errors already say what to do.
        if is_for_the_user(error):
            raise
        hook = next((h for h in runner.hooks if isinstance(h, GuardNumbers)), None)
        faulty = [] if hook is None else refused_numbers(error, hook.features)
        if not faulty:
            raise
        work_dir = Path(runner.work_dir)
        message = stop_message(
            faults_by_rank([faulty]), runner.iter + 1, runner.max_iters, work_dir
        )
        raise ValueError(message) from error
