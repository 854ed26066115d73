"""Where the result of a step depends on how its samples are divided: in batch norms."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from iclip.messages import listing

# How many layers a message names.
LISTED = 2


def batch_statistics_note(model: nn.Module, ranks: int, accumulation: int) -> str | None:
    """Say which layers of a model see less than the samples of a step; None if there are none.

    Batch norm takes its mean and variance over what a rank computes at once; torch's
    ``SyncBatchNorm`` takes them over one micro-batch of all ranks. All else in the hub's models is
    the same for a step however it is divided.

    Args:
        model: The model.
        ranks: Number of ranks.
        accumulation: Micro-batches per rank and step.
    """
    seen = [
        name
        for name, module in model.named_modules()
        if isinstance(module, _BatchNorm)
        and (accumulation > 1 or (ranks > 1 and not isinstance(module, nn.SyncBatchNorm)))
    ]
    if not seen:
        return None
    return (
        f"{len(seen)} batch norms of the model ({listing(seen, LISTED)}) see a part of the "
        "step's samples at a time: losses and gradients depend on the number of processes and "
        "micro-batches. Full-size configs have no such layers (model.backbone.stem='patch')"
    )
