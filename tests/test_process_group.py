"""Processes are connected in one place: on their own GPUs, and with a timeout."""

import math
from datetime import timedelta
from typing import Any

import pytest

from iclip import process_group
from iclip.process_group import TIMEOUT_S, checked_timeout, join_process_group
from tests.support.torchrun import slurm_environment, torchrun_environment


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Four GPUs; which of them is taken, by which backend processes meet, and their timeout."""
    found: list[Any] = []

    def init(backend: str, timeout: timedelta) -> None:
        found.append((backend, timeout.total_seconds()))

    monkeypatch.setattr(process_group.torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(process_group.torch.cuda, "set_device", found.append)
    monkeypatch.setattr(process_group.torch.distributed, "init_process_group", init)
    return found


@pytest.mark.parametrize("environment", [torchrun_environment, slurm_environment])
def test_each_rank_takes_its_own_gpu(calls: list[Any], environment: Any):
    variables = environment(3, 4, 0) if environment is torchrun_environment else environment(3, 4)
    assert join_process_group("cuda", variables).rank == 3
    assert calls == [3, ("nccl", TIMEOUT_S)]


def test_timeout_and_backend_are_those_asked_for(calls: list[Any]):
    variables = torchrun_environment(0, 2, port=0)
    join_process_group("cpu", variables, timeout_s=7)
    join_process_group("cuda", variables, backend="cuda:nccl,cpu:gloo")
    assert calls == [("gloo", 7), 0, ("cuda:nccl,cpu:gloo", TIMEOUT_S)]


def test_task_of_slurm_gets_torchrun_s_variables(calls: list[Any]):
    variables = slurm_environment(1, 2)
    join_process_group("cpu", variables)
    assert (variables["RANK"], variables["WORLD_SIZE"]) == ("1", "2")


def test_process_of_nobody_joins_nothing(calls: list[Any]):
    assert join_process_group("cuda", {}).launcher == "none"
    assert calls == []


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            torchrun_environment(3, 8, port=0),
            "torchrun started 8 .* sees 4 GPUs: --nproc-per-node 4; or --device cpu",
        ),
        (slurm_environment(3, 8), "srun started 8 .* sees 4 GPUs: .* without --gpus-per-task or "),
    ],
)
def test_more_ranks_than_gpus_are_refused(calls: list[Any], variables: Any, message: str):
    with pytest.raises(ValueError, match=message):
        join_process_group("cuda", variables)
    assert calls == []


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan, "1800", True, None])
def test_timeout_is_a_number_of_seconds(seconds: Any):
    with pytest.raises(ValueError, match=r"env_cfg.dist_cfg.timeout is .*; it takes the seconds"):
        checked_timeout(seconds)


def test_timeout_of_seconds_is_taken():
    assert checked_timeout(60) == 60.0
