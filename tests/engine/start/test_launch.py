"""Processes follow from what the user asks for, from the machine and from the environment."""

import sys

import pytest
from mmengine.config import Config
from torch.distributed.run import parse_args

from iclip.engine.start import launch
from iclip.engine.start.launch import (
    Launch,
    count_ranks,
    launch_problems,
    launcher_problems,
    needs_torchrun,
    plan_launch,
    torchrun_command,
)
from tests.support.torchrun import slurm_environment, torchrun_environment


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    monkeypatch.setattr(launch.torch.cuda, "device_count", lambda: request.param)
    return request.param


@pytest.mark.parametrize(
    ("gpus", "asked", "device", "expected"),
    [
        (0, None, None, Launch(1, "cpu")),
        (4, None, None, Launch(1, "cuda")),
        (0, "all", None, Launch(1, "cpu")),
        (4, "all", None, Launch(4, "cuda")),
        (4, "all", "cpu", Launch(1, "cpu")),
        (4, "2", None, Launch(2, "cuda")),
        (0, "8", None, Launch(8, "cuda")),
        (0, "2", "cpu", Launch(2, "cpu")),
    ],
    indirect=["gpus"],
)
def test_processes_follow_from_what_is_asked_and_visible(
    gpus: int, asked: str | None, device: str | None, expected: Launch
):
    assert plan_launch(asked, device, {}) == expected


@pytest.mark.parametrize(
    ("launcher", "environment", "expected"),
    [
        ("none", torchrun_environment(0, 5, port=1), 8),
        ("pytorch", torchrun_environment(0, 5, port=1), 5),
        ("slurm", slurm_environment(0, 6), 6),
    ],
)
def test_ranks_are_those_of_all_machines(launcher: str, environment: dict[str, str], expected: int):
    assert count_ranks(launcher, Launch(4, "cuda", machines=2), environment) == expected


@pytest.mark.parametrize("asked", ["0", "-1", "two", "1.5", ""])
def test_number_of_gpus_is_a_number(asked: str):
    with pytest.raises(ValueError, match=f"GPUS is '{asked}'; it takes a number from 1 up, or"):
        plan_launch(asked, None, {})


def test_number_of_machines_is_a_number():
    with pytest.raises(ValueError, match="NNODES is 'two'; it takes a number from 1 up"):
        plan_launch("1", "cpu", {"NNODES": "two"})


@pytest.mark.parametrize("gpus", [2], indirect=True)
@pytest.mark.parametrize("launch", [Launch(2, "cuda"), Launch(8, "cpu")])
def test_launch_that_fits_the_machine_lacks_nothing(gpus: int, launch: Launch):
    assert launch_problems(launch, {}) == []


@pytest.mark.parametrize("gpus", [2], indirect=True)
def test_missing_gpus_are_counted(gpus: int):
    (problem,) = launch_problems(Launch(8, "cuda"), {"CUDA_VISIBLE_DEVICES": "0,1"})
    assert problem == (
        "GPUs: 8 GPUs asked for, 2 here (CUDA_VISIBLE_DEVICES=0,1). Ask for 2 or fewer"
    )


@pytest.mark.parametrize("gpus", [0], indirect=True)
def test_machine_without_gpus_is_told_how_to_go_on(gpus: int):
    (problem,) = launch_problems(Launch(1, "cuda"), {})
    assert problem == "GPUs: 1 GPU asked for, 0 here. '--device cpu' runs without"


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({"NODE_RANK": "0"}, "MASTER_ADDR is not set"),
        ({"MASTER_ADDR": "node0"}, "NODE_RANK is not set"),
        ({}, "NODE_RANK and MASTER_ADDR are not set"),
    ],
)
def test_several_machines_need_an_address_and_a_rank(environment: dict[str, str], missing: str):
    (problem,) = launch_problems(Launch(1, "cpu", machines=4), environment)
    assert problem.startswith(f"Machines: NNODES=4, but {missing}")


@pytest.mark.parametrize(
    ("launcher", "environment", "expected"),
    [
        ("slurm", {}, "--launcher slurm, but srun did not start this process: SLURM_PROCID"),
        ("pytorch", {"RANK": "0"}, "--launcher pytorch, but RANK and WORLD_SIZE are not set"),
        ("pytorch", slurm_environment(0, 2), "--launcher pytorch, but RANK and WORLD_SIZE are"),
        ("none", slurm_environment(1, 8), "srun started 8 tasks of this run, each of which would"),
    ],
)
def test_another_launcher_than_the_one_that_started_is_refused(
    launcher: str, environment: dict[str, str], expected: str
):
    (problem,) = launcher_problems(launcher, environment)
    assert problem.startswith(f"Launcher: {expected}")


@pytest.mark.parametrize(
    ("launcher", "environment"),
    [
        ("none", {}),
        ("none", slurm_environment(0, 1)),
        # A task per machine, each of which becomes torchrun.
        ("none", slurm_environment(3, 8) | {"NNODES": "8"}),
        ("none", {"SLURM_PROCID": "0", "SLURM_NTASKS": "8"}),  # a batch script
        ("slurm", slurm_environment(0, 8)),
        ("pytorch", torchrun_environment(0, 8, port=1)),
    ],
)
def test_launcher_that_started_is_accepted(launcher: str, environment: dict[str, str]):
    assert launcher_problems(launcher, environment) == []


def test_restarts_are_torchrun_s():
    command = torchrun_command(Launch(2, "cpu", max_restarts=3), ["train.py"], [], {})
    assert parse_args(command[3:]).max_restarts == 3


@pytest.mark.parametrize(("machine", "is_host"), [("0", "1"), ("1", "0")])
def test_restarts_on_several_machines_meet_in_a_store_that_forgets(machine: str, is_host: str):
    variables = SECOND_OF_TWO | {"NODE_RANK": machine}
    command = torchrun_command(Launch(8, "cuda", 2, max_restarts=3), ["train.py"], [], variables)
    options = parse_args(command[3:])
    assert (options.rdzv_backend, options.rdzv_endpoint) == ("c10d", "node0:1234")
    assert (options.rdzv_id, options.rdzv_conf) == ("node0:1234", f"is_host={is_host}")
    assert (options.nnodes, options.max_restarts) == ("2", 3)


@pytest.mark.parametrize(("machines", "restarts", "own"), [(2, 1, "1"), (2, 0, None), (1, 1, None)])
def test_restarted_machines_open_a_store_of_their_own(
    machines: int, restarts: int, own: str | None, monkeypatch: pytest.MonkeyPatch
):
    for name, value in SECOND_OF_TWO.items():
        monkeypatch.setenv(name, value)
    # Restores what the function sets.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", raising=False)
    seen = []
    monkeypatch.setattr(
        launch.os,
        "execv",
        lambda *_: seen.append(launch.os.environ.pop("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", None)),
    )
    launch.replace_by_torchrun(Launch(1, "cpu", machines, restarts), ["train.py"], [])
    assert seen == [own]


def test_restarts_of_one_process_need_torchrun():
    cfg = Config(dict(launcher="none"))
    assert needs_torchrun(cfg, Launch(1, "cpu", max_restarts=1))
    assert not needs_torchrun(cfg, Launch(1, "cpu"))


def test_negative_number_of_restarts_is_refused():
    with pytest.raises(ValueError, match="--max-restarts is -1; it takes a number from 0 up"):
        plan_launch(None, "cpu", {}, max_restarts=-1)


def test_one_machine_finds_a_free_port():
    command = torchrun_command(Launch(8, "cuda"), ["train.py"], ["a.py", "--resume"], {})
    python = [sys.executable, "-m", "torch.distributed.run"]
    assert command == [
        *python,
        "--standalone",
        "--nproc-per-node=8",
        "train.py",
        "a.py",
        "--resume",
    ]


def test_processes_that_stop_on_notice_have_another_torchrun():
    plain, listening = (
        torchrun_command(Launch(8, "cuda", listens=listens), ["train.py"], ["a.py"], {})
        for listens in (False, True)
    )
    assert listening.pop(2) == "iclip.ranks.torchrun"
    assert plain.pop(2) == "torch.distributed.run"
    assert listening == plain


SECOND_OF_TWO = {
    "NNODES": "2", "NODE_RANK": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "1234",
}  # fmt: skip


def test_several_machines_are_planned_from_torchrun_s_variables():
    plan = plan_launch("8", "cuda", SECOND_OF_TWO)
    assert plan == Launch(8, "cuda", machines=2)
    assert plan.distributed


def test_several_machines_lack_nothing_with_torchrun_s_variables():
    assert launch_problems(Launch(1, "cpu", 2), SECOND_OF_TWO) == []


def test_several_machines_meet_at_the_first():
    command = torchrun_command(Launch(8, "cuda", 2), ["train.py"], [], SECOND_OF_TWO)
    assert command[3:-1] == [
        "--nnodes=2",
        "--node-rank=1",
        "--master-addr=node0",
        "--master-port=1234",
        "--nproc-per-node=8",
    ]


@pytest.mark.parametrize("machines", [1, 2])
def test_torchrun_s_own_parser_knows_the_options(machines: int):
    launch = Launch(2, "cpu", machines)
    command = torchrun_command(launch, ["train.py"], ["--resume"], SECOND_OF_TWO)
    options = parse_args(command[3:])
    assert options.nproc_per_node == "2"
    assert options.training_script_args == ["--resume"]
