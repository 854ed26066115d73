"""What a run's checkpoints take of the disk is known before it starts."""

import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, AdamW

from iclip.engine.saving import disk_space
from iclip.engine.saving.disk_space import (
    check_space_for_run,
    content_bytes,
    expected_bytes,
    kept_checkpoints,
)

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Say how many bytes the disk has free."""

    def set_free(number: float) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, int(number)))

    return set_free


@pytest.mark.parametrize(
    ("settings", "iterations", "count"),
    [
        (dict(interval=10, max_keep_ckpts=2), 100, 3),
        (dict(interval=10, max_keep_ckpts=2, keep_every=None), 100, 3),
        (dict(interval=10, max_keep_ckpts=2, keep_every=30), 100, 3 + 3),
        (dict(interval=10, max_keep_ckpts=2, keep_every=30), None, 3),
        (dict(interval=10, max_keep_ckpts=-1), 100, 11),
        ({}, 100, 2),
    ],
)
def test_checkpoints_that_a_run_keeps(settings: Any, iterations: int | None, count: int):
    assert kept_checkpoints(settings, iterations) == count


def test_bytes_that_are_shared_count_once():
    table = torch.zeros(10)
    content = {"a": table, "b": [table, {"c": table[:3]}], "d": torch.zeros(2, dtype=torch.int64)}
    assert content_bytes(content) == 10 * 4 + 2 * 8


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [(AdamW, {}), (SGD, dict(momentum=0.9)), (SGD, dict(momentum=0.0))],
)
@pytest.mark.parametrize("averages", [False, True])
def test_expected_bytes_are_those_after_a_step(optimizer: Any, settings: Any, averages: bool):
    model = nn.Sequential(nn.Linear(30, 40), nn.BatchNorm1d(40))
    built = optimizer(model.parameters(), lr=0.1, **settings)
    expected = expected_bytes(model, built, averages)
    model(torch.randn(4, 30)).sum().backward()
    built.step()
    counts = [p.numel() for p in model.parameters()]
    stored = content_bytes([model.state_dict(), built.state_dict()])
    # AdamW also counts the steps of each parameter.
    steps = 4 * len(counts) if optimizer is AdamW else 0
    average = sum(counts) * 4 + (40 + 40) * 4 + 8 if averages else 0
    assert expected == stored - steps + average


def test_disk_with_room_is_taken(free: Any, tmp_path: Path):
    free(3 * 120e6)
    assert check_space_for_run(tmp_path, 100_000_000, kept=3) is None


def test_disk_that_will_be_full_is_told(free: Any, tmp_path: Path):
    free(3 * 120e6 - 1)
    warning = check_space_for_run(tmp_path, 100_000_000, kept=3)
    assert warning is not None
    assert "it keeps up to 3 checkpoints, each of about 0.12 GB" in warning
    assert f"{tmp_path} has 0.36 GB" in warning and "keep_every or max_keep_ckpts" in warning


def test_disk_without_room_for_two_stops_the_run(free: Any, tmp_path: Path):
    free(2 * 120e6 - 1)
    with pytest.raises(OSError, match=r"disk is too small: .* each of about 0\.12 GB.*work-dir$"):
        check_space_for_run(tmp_path, 100_000_000, kept=3)


def test_checkpoints_that_will_be_replaced_count_as_room(free: Any, tmp_path: Path):
    (tmp_path / "iter_4.pth").write_bytes(b"0" * 1000)
    free(2 * (disk_space._OTHER_BYTES + 10) - 1000)
    assert check_space_for_run(tmp_path, 10, kept=2) is None


def test_size_of_a_checkpoint_that_is_there_counts(free: Any, tmp_path: Path):
    with (tmp_path / "iter_4.pth").open("wb") as file:
        file.truncate(300_000_000)
    free(299e6)
    with pytest.raises(OSError, match=r"each of about 0\.30 GB\. For them, .* has 0\.60 GB"):
        check_space_for_run(tmp_path, 10, kept=2)
