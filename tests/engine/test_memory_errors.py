"""torch's errors about memory, with the settings that decide about it."""

import os
import signal
from typing import Any

import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from iclip.engine.memory_errors import explain_memory_errors

CFG = Config(
    dict(
        train_dataloader=dict(batch_size=64, num_workers=4),
        val_dataloader=[dict(batch_size=32, num_workers=2), dict(batch_size=16, num_workers=2)],
    )
)


class Killed(Dataset):
    """Its worker is ended as the system ends one that takes too much."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def message(section: str, call: Any) -> str:
    with pytest.raises(ValueError) as error, explain_memory_errors(CFG, section):
        call()
    return str(error.value)


def full_gpu() -> None:
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def test_full_gpu() -> None:
    assert message("train_dataloader", full_gpu).startswith(
        "the GPU's memory is full. Take less than train_dataloader.batch_size=64, with "
        "optim_wrapper.accumulative_counts for the same batch per step"
    )


def test_full_gpu_in_an_evaluation() -> None:
    told = "the GPU's memory is full. Take less than val_dataloader.batch_size=16 or 32"
    assert message("val_dataloader", full_gpu) == told


def test_full_machine() -> None:
    told = message("train_dataloader", lambda: torch.empty(2**58, dtype=torch.uint8))
    assert told.startswith("the machine's memory is full. Take less than train_dataloader.batch")


def test_data_worker_that_was_killed() -> None:
    told = message("train_dataloader", lambda: list(DataLoader(Killed(), num_workers=1)))
    assert told.startswith("the system ended a data worker: DataLoader worker (pid")
    assert "Take fewer than train_dataloader.num_workers=4, or give a container more" in told


def test_other_errors_pass() -> None:
    with (
        pytest.raises(RuntimeError, match="another"),
        explain_memory_errors(CFG, "train_dataloader"),
    ):
        raise RuntimeError("another fault")
