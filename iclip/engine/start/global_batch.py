"""The global batch that a config states, divided among the ranks that a run has.

A pre-training config states ``global_batch_size``, the samples of an optimizer step, and may state
``micro_batch_size``, the samples that a rank computes at once (``'auto'``: the most that its
memory holds). The batch of the data loader and the accumulation follow from the number of ranks.
"""

import math
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from iclip.batch_sizes import BatchSizes, divide_batch
from iclip.settings import get_setting, whole_number

# Settings of a config, and what the options set.
GLOBAL, MICRO = "global_batch_size", "micro_batch_size"
# Settings of the data loader.
BATCH, RATIO = "train_dataloader.batch_size", "train_dataloader.batch_sampler.ratio"
ACCUMULATION = "train_dataloader.batch_sampler.accumulation"
LEARNING_RATE = "optim_wrapper.optimizer.lr"
# What a config or --micro-batch-size says to get the largest micro-batch that fits.
AUTO = "auto"


def batch_sizes_of(
    cfg: Mapping[str, Any], processes: int, device: str = "cuda"
) -> BatchSizes | None:
    """Divide a config's batch among ranks.

    A config without ``global_batch_size`` states a rank's share of the step instead, as
    ``train_dataloader.batch_size``.

    Args:
        cfg: A run's config. The micro-batch ``'auto'`` counts as not stated.
        processes: Number of ranks.
        device: What the ranks run on, for messages: ``'cuda'`` or ``'cpu'``.

    Returns:
        The sizes; None for a config whose batches do not mix sources, such as a downstream task.

    Raises:
        ValueError: The sizes are not stated, are stated twice, or cannot be divided.
    """
    ratio = get_setting(cfg, RATIO)
    if ratio is None:
        return None
    if get_setting(cfg, "optim_wrapper.accumulative_counts", 1) != 1:
        raise ValueError(
            f"optim_wrapper.accumulative_counts={cfg['optim_wrapper']['accumulative_counts']} adds "
            "gradients of batches that do not see each other's pairs. Remove it, and state the "
            f"step as {GLOBAL} and what a rank computes at once as {MICRO} (--global-batch-size, "
            "--micro-batch-size): the gradient is then that of the whole batch"
        )
    micro_batch_size = cfg.get(MICRO)
    return divide_batch(
        _global_batch(cfg, processes),
        processes,
        ratio,
        None if micro_batch_size == AUTO else micro_batch_size,
        device,
    )


def batch_problems(cfg: Mapping[str, Any], processes: int, device: str) -> list[str]:
    """Say what hinders the division of a config's batch; see :func:`batch_sizes_of`."""
    if cfg.get(MICRO) == AUTO and device == "cpu":
        return [
            f"Batch: {MICRO}={AUTO!r} finds out what a GPU's memory holds, and this run has none. "
            "Give a number (--micro-batch-size), or leave it out for a process's whole share"
        ]
    try:
        batch_sizes_of(cfg, processes, device)
    except ValueError as error:
        return [f"Batch: {error}"]
    return []


def set_batch_sizes(cfg: Config, sizes: BatchSizes) -> None:
    """Put the sizes of a step into a config, in place: into the data loader and beside it."""
    cfg.merge_from_dict(
        {
            GLOBAL: sizes.global_batch_size,
            MICRO: sizes.micro_batch_size,
            BATCH: sizes.micro_batch_size,
            ACCUMULATION: sizes.accumulation,
        }
    )


def set_batch_options(
    cfg: Config, global_batch_size: int | None, micro_batch_size: int | str | None
) -> list[str]:
    """Put ``--global-batch-size`` and ``--micro-batch-size`` into a config, in place.

    Args:
        cfg: The run's config.
        global_batch_size: Samples per step; None leaves what the config states.
        micro_batch_size: Samples that a rank computes at once, or ``'auto'``; None leaves what the
            config states.

    Returns:
        What becomes of the learning rate where the global batch is another one.

    Raises:
        ValueError: The config is of a downstream task, or the global batch is not a size.
    """
    if global_batch_size is None and micro_batch_size is None:
        return []
    if get_setting(cfg, RATIO) is None:
        raise ValueError(
            f"--global-batch-size and --micro-batch-size are for pre-training, and {cfg.filename} "
            f"mixes no sources. Set the samples per process with --cfg-options {BATCH}=N; a "
            "downstream config scales its learning rate by auto_scale_lr"
        )
    if global_batch_size is not None:
        whole_number("--global-batch-size", global_batch_size)
    if micro_batch_size is not None:
        cfg[MICRO] = micro_batch_size
    if global_batch_size is None:
        return []
    before = cfg.get(GLOBAL)
    cfg[GLOBAL] = global_batch_size
    # It stated the step in another way.
    if before is None:
        cfg.train_dataloader.pop("batch_size", None)
    return learning_rate_notes(cfg, before, global_batch_size)


def learning_rate_notes(cfg: Mapping[str, Any], before: int | None, now: int) -> list[str]:
    """Say what becomes of the learning rate and of the run's length with another global batch.

    Args:
        cfg: The run's config.
        before: The global batch that its settings were chosen for; None if it is not known.
        now: The global batch of the run.
    """
    rate, iterations = get_setting(cfg, LEARNING_RATE), get_setting(cfg, "train_cfg.max_iters")
    if before == now:
        return []
    if not before or not isinstance(rate, int | float):
        return [f"{GLOBAL}={now}; the learning rate stays as the config says"]
    factor = now / before
    notes = [
        f"{GLOBAL}={now} in place of the config's {before}: {LEARNING_RATE} stays {rate:g}. The "
        f"square-root rule gives {rate * math.sqrt(factor):.3g}, the linear rule "
        f"{rate * factor:.3g} (--cfg-options {LEARNING_RATE}=...)"
    ]
    if isinstance(iterations, int):
        notes.append(
            f"train_cfg.max_iters stays {iterations:,} steps: {factor:.3g} times the samples. The "
            f"same number of samples takes {round(iterations / factor):,} steps; other intervals "
            "and the warm-up count steps as well"
        )
    return notes


def _global_batch(cfg: Mapping[str, Any], processes: int) -> int:
    """Find the samples of a step, stated as a whole or per rank."""
    stated = {
        key: value
        for key in (GLOBAL, BATCH, ACCUMULATION)
        if (value := get_setting(cfg, key)) is not None
    }
    # A rank's share; or the dumped config of a run, with what followed for its number of ranks.
    if set(stated) == {BATCH}:
        return whole_number(BATCH, stated[BATCH]) * processes
    if set(stated) not in ({GLOBAL}, {GLOBAL, BATCH, ACCUMULATION}):
        found = " and ".join(f"{key}={value}" for key, value in stated.items())
        raise ValueError(
            f"the config states {found or 'no samples of a step'}. State {GLOBAL} "
            f"(--global-batch-size), the samples of a step over all processes, and where a process "
            f"cannot compute its share at once {MICRO} (--micro-batch-size); leave out "
            f"{BATCH} and {ACCUMULATION}, which follow from them"
        )
    return whole_number(GLOBAL, stated[GLOBAL])
