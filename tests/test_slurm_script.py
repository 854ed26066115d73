"""tools/slurm_train.sh trains one run in all tasks; a stand-in for srun starts them on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iclip.files.text import read_text
from tests.support.tiny_run.config import tiny_config, with_validation
from tests.support.train_process import records

SRUN = """#!{python}
import os, subprocess, sys
options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
command = sys.argv[sys.argv.index("python"):]
command[0] = sys.executable
tasks = int(options["ntasks"])
processes = []
for task in range(tasks):
    # The tasks of machines that share no folder: each has a working directory of its own.
    os.makedirs(f"machine{{task}}", exist_ok=True)
    variables = {{"SLURM_PROCID": task, "SLURM_LOCALID": 0, "SLURM_NODEID": task,
                 "SLURM_STEP_NUM_TASKS": tasks, "SLURM_STEP_TASKS_PER_NODE": f"1(x{{tasks}})",
                 "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": tasks,
                 "SLURM_JOB_ID": os.getpid(), "SLURM_STEP_ID": 0}}
    environment = os.environ | {{name: str(value) for name, value in variables.items()}}
    processes.append(subprocess.Popen(command, cwd=f"machine{{task}}", env=environment))
codes = [process.wait() for process in processes]
with open("srun.txt", "w") as file:
    print(*sys.argv[1:], file=file)
sys.exit(max(codes))
"""


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    """The folder of a job of two tasks that has ended well."""
    folder = tmp_path_factory.mktemp("job")
    srun = folder / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text(SRUN.format(python=sys.executable))
    srun.chmod(0o755)
    cfg = with_validation(tiny_config(folder, train_cfg__max_iters=4), interval=4)
    cfg.dump(folder / "tiny.py")
    options = ["--device", "cpu", "--work-dir", "run"]
    script = repo_root / "tools" / "slurm_train.sh"
    ended = subprocess.run(
        ["bash", str(script), "gpus", "iclip", "2", str(folder / "tiny.py"), *options],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{srun.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(repo_root),
            "ICLIP_VENV": "/absent",  # which would put itself before the stand-in
            "OMP_NUM_THREADS": "1",
            "SRUN_ARGS": "--account=a --exclusive",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    return folder


def test_tasks_are_the_ranks_of_one_run(job: Path):
    places = sorted((r["iteration"], r["rank"]) for r in records(job) if "iteration" in r)
    assert places == [(iteration, rank) for iteration in range(4) for rank in range(2)]


def test_rank_0_alone_writes_the_run(job: Path):
    (start,) = json.loads(read_text(job / "machine0" / "run" / "provenance.json"))
    assert start["processes"] == 2
    assert (job / "machine0" / "run" / "latest.pth").exists()
    assert not list((job / "machine1").rglob("*.pth"))
    assert not list((job / "machine1").rglob("provenance.json"))


def test_validation_collects_without_a_common_folder(job: Path):
    counts = [record["large/count"] for record in records(job) if "validated" in record]
    assert counts == [10, 10]  # each rank knows the metrics of all images
    assert not list(job.rglob(".dist_test"))


def test_srun_gets_the_job_s_size(job: Path):
    words = read_text(job / "srun.txt").split()
    assert {"--partition=gpus", "--job-name=iclip", "--ntasks=2", "--ntasks-per-node=2"} < {*words}
    assert {"--account=a", "--exclusive"} < {*words}
