"""What is not finite in a step, in words, and on which ranks."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from iclip.engine.saving.checkpoint_files import latest_checkpoint, named_file
from iclip.messages import counted, listing

# How many parameters a message names.
MAX_LISTED = 3
# The message of scipy's linear_sum_assignment.
REFUSED_COSTS = "matrix contains invalid numeric entries"

CAUSES = (
    "Usual causes: a learning rate that is too high (optim_wrapper.optimizer.lr) or rises too fast "
    "(param_scheduler), gradients that are not clipped (optim_wrapper.clip_grad), damaged data, or "
    "a low precision (optim_wrapper.precision='fp32' avoids it)"
)


def faulty_losses(losses: Mapping[str, float]) -> list[str]:
    """Name the losses that are not finite."""
    return [f"{name} is {value}" for name, value in losses.items() if not math.isfinite(value)]


def faulty_gradients(model: nn.Module, optimizer: Optimizer) -> list[str]:
    """Name the parameters whose gradients are not finite."""
    parameters = list(with_gradient(optimizer))
    faulty = {id(p) for p in parameters if not p.grad.isfinite().all()}
    if not faulty:
        return ["the norm of the gradients, each of which is finite, is not finite"]
    names = [name for name, parameter in model.named_parameters() if id(parameter) in faulty]
    count = f"{len(faulty):,} of {counted(len(parameters), 'parameter')}"
    return [f"the gradient of {count} is not finite ({listing(names, MAX_LISTED)})"]


def with_gradient(optimizer: Optimizer) -> Iterator[Any]:
    """Yield the optimizer's parameters that have a gradient."""
    for group in optimizer.param_groups:
        yield from (parameter for parameter in group["params"] if parameter.grad is not None)


def refused_numbers(error: Exception, features: Any) -> list[str]:
    """Say which numbers a library may have refused because they are not finite.

    Args:
        error: What the library raised.
        features: The backbone's last output.

    Returns:
        What is not finite; empty if the error has another cause.
    """
    refused = [] if _all_finite(features) else ["the backbone's features are not finite"]
    if REFUSED_COSTS in str(error):
        refused.append("the costs of matching predictions with objects are not finite")
    return refused


def faults_by_rank(everyone: Sequence[Sequence[str]]) -> str:
    """Join the ranks' faults: ``loss_con is nan on rank 1; ...``, without ranks where all agree."""
    ranks: dict[str, list[str]] = {}
    for rank, faults in enumerate(everyone):
        for fault in faults:
            ranks.setdefault(fault, []).append(str(rank))
    return "; ".join(
        fault + (f" on rank {listing(places)}" if len(places) < len(everyone) else "")
        for fault, places in ranks.items()
    )


def stop_message(faults: str, iteration: int, max_iters: int, work_dir: Path) -> str:
    """Say why a training stops, which checkpoint is left, and what to try.

    Args:
        faults: What is not finite, and what was tried.
        iteration: The step, from 1.
        max_iters: Steps of the whole run.
        work_dir: The run's folder.
    """
    latest = latest_checkpoint(work_dir)
    survivor = (
        "no checkpoint was saved before"
        if latest is None
        else f"the last checkpoint is {named_file(latest)}"
    )
    return (
        f"Training stops at iteration {iteration:,} of {max_iters:,}: {faults}. Its weights were "
        f"not changed and not saved; {survivor}. {CAUSES}"
    )


def _all_finite(features: Any) -> bool:
    if isinstance(features, Tensor):
        return bool(features.isfinite().all())
    return not isinstance(features, list | tuple) or all(map(_all_finite, features))
