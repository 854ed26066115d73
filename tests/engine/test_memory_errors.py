"""torch's errors about memory, with the settings that decide about it."""

import os
import signal
from collections.abc import Callable
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

# As a pre-training config is when its run starts.
DIVIDED = Config({**CFG, "global_batch_size": 128, "micro_batch_size": 64})


class Killed(Dataset):
    """Its worker is ended as the system ends one that takes too much."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def full_gpu() -> None:
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def full_machine() -> None:
    torch.empty(2**58, dtype=torch.uint8)


def killed_worker() -> None:
    list(DataLoader(Killed(), num_workers=1))


@pytest.mark.parametrize(
    ("section", "fault", "parts"),
    [
        (
            "train_dataloader",
            full_gpu,
            (
                "the GPU's memory is full. Take less than train_dataloader.batch_size=64, with "
                "optim_wrapper.accumulative_counts for the same batch per step",
            ),
        ),
        (
            "val_dataloader",
            full_gpu,
            ("the GPU's memory is full. Take less than val_dataloader.batch_size=16 or 32",),
        ),
        (
            "train_dataloader",
            full_machine,
            ("the machine's memory is full. Take less than train_dataloader.batch_size=64",),
        ),
        (
            "train_dataloader",
            killed_worker,
            (
                "the system ended a data worker: DataLoader worker (pid",
                "Take fewer than train_dataloader.num_workers=4, or give a container more",
            ),
        ),
    ],
    ids=["GPU in training", "GPU in validation", "machine", "killed worker"],
)
def test_full_memory_is_explained_by_the_settings(
    section: str, fault: Callable[[], None], parts: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError) as error, explain_memory_errors(CFG, section):
        fault()
    assert str(error.value).startswith(parts[0])
    assert all(part in str(error.value) for part in parts)


def test_full_gpu_of_pre_training_names_the_micro_batch() -> None:
    expected = r"micro_batch_size=64 samples at once: give a smaller --micro-batch-size, or 'auto'"
    with (
        pytest.raises(ValueError, match=expected),
        explain_memory_errors(DIVIDED, "train_dataloader"),
    ):
        full_gpu()


def test_advice_for_a_validation_does_not_speak_of_accumulation() -> None:
    with pytest.raises(ValueError) as error, explain_memory_errors(CFG, "val_dataloader"):
        full_gpu()
    assert str(error.value).endswith("val_dataloader.batch_size=16 or 32")


def test_other_errors_pass() -> None:
    with (
        pytest.raises(RuntimeError, match="another"),
        explain_memory_errors(CFG, "train_dataloader"),
    ):
        raise RuntimeError("another fault")
