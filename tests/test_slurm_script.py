"""tools/slurm_train.sh trains one run in all tasks; a stand-in for srun starts them on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iclip.files.text import read_text
from tests.support.tiny_run.config import tiny_config, with_validation
from tests.support.train_process import output, records

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
    processes.append(subprocess.Popen(
        command, cwd=f"machine{{task}}", env=environment, start_new_session=True))
if os.path.exists("notice"):
    # As scancel --signal=USR1 does: to each process of each task.
    import signal, time
    while not os.path.exists("record.jsonl"):
        time.sleep(0.01)
    for process in processes:
        os.killpg(process.pid, signal.SIGUSR1)
codes = [process.wait() for process in processes]
with open("srun.txt", "w") as file:
    print(*sys.argv[1:], file=file)
sys.exit(max(codes))
"""


def run_job(folder: Path, repo_root: Path, *options: str, iterations: int = 4) -> int:
    """Run a job of two tasks in a folder; returns the exit code."""
    srun = folder / "bin" / "srun"
    srun.parent.mkdir(exist_ok=True)
    srun.write_text(SRUN.format(python=sys.executable))
    srun.chmod(0o755)
    cfg = with_validation(tiny_config(folder, train_cfg__max_iters=iterations), interval=4)
    cfg.dump(folder / "tiny.py")
    options = ("--device", "cpu", "--work-dir", "run", *options)
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
    (folder / "output.txt").write_text(ended.stdout + ended.stderr)
    return ended.returncode


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    """The folder of a job of two tasks that has ended well."""
    folder = tmp_path_factory.mktemp("job")
    assert run_job(folder, repo_root) == 0, output(folder)
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


def test_notice_to_all_processes_of_a_job_stops_it_with_a_checkpoint(
    tmp_path: Path, repo_root: Path
):
    (tmp_path / "notice").touch()
    endless = 100_000
    assert run_job(tmp_path, repo_root, iterations=endless) == 75, output(tmp_path)
    done = max(record["iteration"] for record in records(tmp_path) if "iteration" in record) + 1
    # The machines share no folder; rank 0 alone saves, and the data workers have lived on.
    assert (tmp_path / "machine0/run/latest.pth").resolve().name == f"iter_{done}.pth"
    assert f"stopped by SIGUSR1 after iteration {done:,} of 100,000" in output(tmp_path)
    assert "DataLoader" not in output(tmp_path) and "Traceback" not in output(tmp_path)
