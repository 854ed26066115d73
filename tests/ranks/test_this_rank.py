"""A process knows its place in the run from what torchrun or Slurm has set."""

import pytest

from iclip.ranks.this_rank import ThisRank, first_machine, this_rank, variables_of_torchrun
from tests.support.torchrun import slurm_environment, torchrun_environment


def test_process_of_nobody_is_alone():
    assert this_rank({}) == ThisRank(0, 0, 1, 1, "none", 0)


def test_torchrun_s_process():
    environment = torchrun_environment(3, 4, port=1) | {"TORCHELASTIC_RESTART_COUNT": "2"}
    assert this_rank(environment) == ThisRank(3, 3, 4, 4, "pytorch", 2)


def test_torchrun_inside_a_task_of_slurm_counts():
    environment = slurm_environment(1, 2) | torchrun_environment(0, 8, port=1)
    assert this_rank(environment) == ThisRank(0, 0, 8, 8, "pytorch")


@pytest.mark.parametrize(
    ("tasks", "machine", "expected"),
    [("8(x2)", "1", 8), ("8(x2),4", "2", 4), ("4,8(x2)", "0", 4), ("", "0", 20)],
)
def test_slurm_s_task_knows_the_tasks_of_its_machine(tasks: str, machine: str, expected: int):
    environment = slurm_environment(13, 20) | {
        "SLURM_LOCALID": "5", "SLURM_NODEID": machine, "SLURM_STEP_TASKS_PER_NODE": tasks,
    }  # fmt: skip
    assert this_rank(environment) == ThisRank(13, 5, 20, expected, "slurm")


def test_batch_script_is_not_a_task():
    # What Slurm sets in the shell of a batch script of 8 tasks.
    assert this_rank({"SLURM_PROCID": "0", "SLURM_NTASKS": "8"}) == ThisRank()


@pytest.mark.parametrize("name", ["RANK", "WORLD_SIZE", "LOCAL_RANK"])
def test_what_is_not_a_number_is_named(name: str):
    environment = torchrun_environment(0, 2, port=1) | {name: "two"}
    with pytest.raises(ValueError, match=f"{name} is 'two'; it takes a number from 0 up"):
        this_rank(environment)


@pytest.mark.parametrize(
    ("machines", "expected"),
    [
        ("", ""),
        ("gpu7", "gpu7"),
        ("gpu[007-012,020],login", "gpu007"),
        ("gpu[3,5]", "gpu3"),
        ("a-1,b[1-2]", "a-1"),
        ("rack[2-3]n[01-16]", "rack2n01"),
        ("n[1-2].cluster,m", "n1.cluster"),
    ],
)
def test_first_machine_of_slurm_s_list(machines: str, expected: str):
    assert first_machine(machines) == expected


def test_tasks_of_a_step_meet_at_one_place():
    places = {
        (found["MASTER_ADDR"], found["MASTER_PORT"])
        for rank in range(3)
        for found in [variables_of_torchrun(slurm_environment(rank, 3))]
    }
    assert places == {("localhost", str(10_000 + 42_001 % 20_000))}


def test_steps_of_a_job_meet_at_different_ports():
    first, second = (
        variables_of_torchrun(slurm_environment(0, 2) | {"SLURM_STEP_ID": step}) for step in "01"
    )
    assert first["MASTER_PORT"] != second["MASTER_PORT"]


def test_where_the_user_lets_them_meet_counts():
    set_by_user = {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "1234"}
    found = variables_of_torchrun(slurm_environment(1, 2) | set_by_user)
    assert found == torchrun_environment(1, 2, port=1234) | set_by_user
