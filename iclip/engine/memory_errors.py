"""A run that exhausts the memory says which settings need it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.config import Config

# torch's messages about the CPU's allocator, and about a data worker that the system ended.
_CPU_IS_FULL = "DefaultCPUAllocator: can't allocate memory"
_WORKER_ENDED = ("DataLoader worker (pid", "DataLoader worker(s) exited unexpectedly")


@contextmanager
def explain_memory_errors(cfg: Config, section: str) -> Iterator[None]:
    """Explain torch's errors about memory by the settings that the need depends on.

    Args:
        cfg: The run's config.
        section: The config's section of the data loader in use, such as ``train_dataloader``.

    Raises:
        ValueError: The memory of the GPU, of the machine, or that its data workers share is full.
    """
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if isinstance(error, torch.cuda.OutOfMemoryError) or _CPU_IS_FULL in text:
            raise ValueError(f"{_owner(error)} memory is full. {_advice(cfg, section)}") from error
        if text.startswith(_WORKER_ENDED):
            workers = _setting(cfg, section, "num_workers")
            raise ValueError(
                f"the system ended a data worker: {text.splitlines()[0]} The machine's memory, or "
                f"what its processes share (/dev/shm), is full. Take fewer than {workers}, or give "
                "a container more (docker run --shm-size)"
            ) from error
        raise


def _owner(error: RuntimeError) -> str:
    return "the GPU's" if isinstance(error, torch.cuda.OutOfMemoryError) else "the machine's"


def _advice(cfg: Config, section: str) -> str:
    if section == "train_dataloader" and cfg.get("micro_batch_size"):
        return (
            f"A process computes micro_batch_size={cfg.micro_batch_size} samples at once: give a "
            "smaller --micro-batch-size, or 'auto' for the most that a GPU holds. The step stays "
            "the same. More GPUs share it, too"
        )
    advice = f"Take less than {_setting(cfg, section, 'batch_size')}"
    if section == "train_dataloader":
        advice += (
            ", with optim_wrapper.accumulative_counts for the same batch per step; more GPUs "
            "share a batch, too"
        )
    return advice


def _setting(cfg: Config, section: str, key: str) -> str:
    """Write a setting of one or several loaders as in a config: ``train_dataloader.key=VALUE``."""
    loaders = cfg.get(section)
    loaders = loaders if isinstance(loaders, list | tuple) else [loaders or {}]
    values = sorted({str(loader.get(key)) for loader in loaders})
    return f"{section}.{key}={' or '.join(values)}"
