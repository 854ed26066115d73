"""A run that diverges before it has a loss: a library refuses values that are not finite."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.runner import Runner
from torch import Tensor

from iclip.engine.hooks import StopWhenNotFinite
from iclip.user_errors import is_for_the_user

# The message of scipy's linear_sum_assignment.
REFUSED_COSTS = "matrix contains invalid numeric entries"


@contextmanager
def explain_divergence(runner: Runner) -> Iterator[None]:
    """Explain an error that a library raised because values were not finite.

    The message is that of the hook `StopWhenNotFinite`. The other ranks go on waiting for this one
    until torchrun ends them.

    Raises:
        ValueError: The backbone's last features, or the costs of a matching, are not finite.
    """
    try:
        yield
    except Exception as error:
        hook = next((h for h in runner.hooks if isinstance(h, StopWhenNotFinite)), None)
        faulty = []
        if hook is not None and not _all_finite(hook.features):
            faulty.append("the backbone's features are not finite")
        if REFUSED_COSTS in str(error):
            faulty.append("the costs of matching predictions with objects are not finite")
        # The hub's own errors already say what to do.
        if hook is None or not faulty or is_for_the_user(error):
            raise
        raise ValueError(hook.message([faulty])) from error


def _all_finite(features: Any) -> bool:
    if isinstance(features, Tensor):
        return bool(features.isfinite().all())
    return not isinstance(features, list | tuple) or all(map(_all_finite, features))
