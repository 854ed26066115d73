"""Whether checkpoints fit on the disk."""

import errno
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from iclip.engine.saving.checkpoint_files import checkpoints_by_age

# Other content than tensors: the config, class texts of ImageNet-22K and histories of a long run
# take some MB.
_OTHER_BYTES = 20_000_000


def kept_checkpoints(settings: Mapping[str, Any], iterations: int | None) -> int:
    """Count the numbered checkpoints on the disk at most, with the one that is being written.

    Args:
        settings: ``max_keep_ckpts`` and ``keep_every`` of ``default_hooks.checkpoint``.
        iterations: Iterations of the run, or epochs; None: unknown.
    """
    every = settings.get("keep_every")
    forever = 0 if every is None or iterations is None else iterations // every
    newest = settings.get("max_keep_ckpts", 1)
    if newest == -1:
        interval = settings.get("interval", 1)
        return (iterations or interval) // interval + 1
    return newest + 1 + forever


def content_bytes(content: Any) -> int:
    """Add up the bytes of the tensors in nested dicts and lists; what shares memory counts once."""
    storages = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
        for tensor in _tensors(content)
    }
    return sum(storages.values())


def expected_bytes(model: nn.Module, optimizer: Optimizer, averages: bool) -> int:
    """Estimate a checkpoint's size before the optimizer's first step.

    Args:
        model: The model.
        optimizer: Its optimizer. Other optimizers than SGD are taken to keep two moments per
            weight, as Adam does.
        averages: Whether the checkpoint also holds an average of the weights.
    """
    weights = content_bytes(model.state_dict())
    trained = sum(
        parameter.numel() * parameter.element_size()
        for group in optimizer.param_groups
        for parameter in group["params"]
    )
    moments = 2 if not isinstance(optimizer, SGD) else int(bool(optimizer.defaults["momentum"]))
    return weights * (2 if averages else 1) + moments * trained


def check_space_for_run(folder: Path, size: int, kept: int) -> str | None:
    """Check before a run that its checkpoints will fit.

    Args:
        folder: The run's folder.
        size: Bytes of a checkpoint, about; a larger one that is there counts instead.
        kept: Checkpoints on the disk at most; see :func:`kept_checkpoints`.

    Returns:
        A warning if the first checkpoints fit, but not all; else None.

    Raises:
        OSError: Not even the first one and the next fit.
    """
    there = [file.stat().st_size for file in checkpoints_by_age(folder) if file.is_file()]
    size = max([size + _OTHER_BYTES, *there])
    # Those that are there are replaced.
    free = shutil.disk_usage(folder).free + sum(there)
    text = (
        f"of about {size / 1e9:.2f} GB. For them, {folder} has {free / 1e9:.2f} GB. Make room, or "
        "give another --work-dir"
    )
    if free < min(kept, 2) * size:
        raise OSError(
            errno.ENOSPC,
            f"the disk is too small: a new checkpoint is written beside the last one, each {text}",
        )
    if free < kept * size:
        return (
            f"The disk will be full before the run ends: it keeps up to {kept} checkpoints, each "
            f"{text}, or change default_hooks.checkpoint.keep_every or max_keep_ckpts"
        )
    return None


def _tensors(content: Any) -> Iterator[Tensor]:
    if isinstance(content, Tensor):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _tensors(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _tensors(value)
