"""Processes are connected in one place: on their own GPUs, and with a timeout."""

import math
from datetime import timedelta
from typing import Any

import pytest
import torch

from iclip.ranks import process_group
from iclip.ranks.process_group import (
    RECORDED_COLLECTIVES,
    TIMEOUT_S,
    checked_timeout,
    join_process_group,
)
from tests.support.torchrun import slurm_environment, torchrun_environment


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Four GPUs; which of them is taken, by which backend processes meet, and their timeout.

    The processes that meet are watched.
    """
    found: list[Any] = []

    def init(backend: str, timeout: timedelta) -> None:
        found.append((backend, timeout.total_seconds()))

    monkeypatch.setattr(process_group.torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(process_group.torch.cuda, "set_device", found.append)
    distributed = process_group.torch.distributed
    monkeypatch.setattr(distributed, "init_process_group", init)
    monkeypatch.setattr(distributed.distributed_c10d, "_get_default_store", lambda: "store")
    monkeypatch.setattr(process_group, "watch_rank", lambda *options: found.append(options))
    return found


@pytest.mark.parametrize("environment", [torchrun_environment, slurm_environment])
def test_each_rank_takes_its_own_gpu(calls: list[Any], environment: Any):
    variables = environment(3, 4, 0) if environment is torchrun_environment else environment(3, 4)
    assert join_process_group("cuda", variables).rank == 3
    assert calls == [3, ("nccl", TIMEOUT_S), ("store", 3, 4, TIMEOUT_S)]


def test_timeout_and_backend_are_those_asked_for(calls: list[Any]):
    variables = torchrun_environment(0, 2, port=0)
    join_process_group("cpu", variables, timeout_s=7)
    join_process_group("cuda", variables, backend="cuda:nccl,cpu:gloo")
    assert calls == [
        ("gloo", 7), ("store", 0, 2, 7),
        0, ("cuda:nccl,cpu:gloo", TIMEOUT_S), ("store", 0, 2, TIMEOUT_S),
    ]  # fmt: skip


def test_nccl_records_its_collectives_unless_told_otherwise(calls: list[Any]):
    variables = torchrun_environment(0, 2, port=0)
    recorded = {**variables, "TORCH_FR_BUFFER_SIZE": "7"}
    join_process_group("cuda", recorded)
    assert recorded["TORCH_FR_BUFFER_SIZE"] == "7"
    assert recorded["TORCH_NCCL_TRACE_BUFFER_SIZE"] == str(RECORDED_COLLECTIVES)
    assert recorded["TORCH_NCCL_DUMP_ON_TIMEOUT"] == "1"
    join_process_group("cpu", variables)
    assert "TORCH_FR_BUFFER_SIZE" not in variables


def test_rank_that_waits_in_vain_for_the_others_says_so(
    calls: list[Any], monkeypatch: pytest.MonkeyPatch
):
    def init(backend: str, timeout: timedelta) -> None:
        raise torch.distributed.DistStoreError("1/2 clients joined")

    monkeypatch.setattr(process_group.torch.distributed, "init_process_group", init)
    expected = (
        r"rank 1 of 2 has waited 7 s \(env_cfg.dist_cfg.timeout\) for the other ranks to join"
    )
    with pytest.raises(OSError, match=expected):
        join_process_group("cpu", torchrun_environment(1, 2, port=0), timeout_s=7)


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
