"""tools/slurm_train.sh asks Slurm for one task per GPU, by what a stand-in for srun was asked."""

import os
import subprocess
from pathlib import Path

import pytest

# It shows a job as Slurm does, and writes down what it is to queue again.
SCONTROL = """#!/bin/sh
if [ "$1" = show ]; then
    echo "JobId=$4 JobName=x JobState=$STATE Reason=None Requeue=1 BatchFlag=$BATCH Reboot=0"
else
    echo "$@" >>"$(dirname "$0")/queued.txt"
    exit ${REQUEUE_CODE:-0}
fi
"""
BATCH_JOB = dict(SLURM_JOB_ID="42", STATE="RUNNING", BATCH="1")
TO_BE_CONTINUED = "75"


def run(repo_root: Path, tmp_path: Path, *arguments: str, **environment: str):
    srun = tmp_path / "srun"
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit ${SRUN_CODE:-0}\n')
    srun.chmod(0o755)
    scontrol = tmp_path / "scontrol"
    scontrol.write_text(SCONTROL)
    scontrol.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    return subprocess.run(
        ["tools/slurm_train.sh", *arguments],
        cwd=repo_root, env=os.environ | {"PATH": path} | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("gpus", "per_node"), [("64", "8"), ("4", "4")])
def test_one_task_per_gpu_is_asked_for(gpus: str, per_node: str, repo_root: Path, tmp_path: Path):
    done = run(repo_root, tmp_path, "part", "job", gpus, "configs/iclip_swinb.py", "--resume",
               SRUN_ARGS="--time 1:00 --qos high")  # fmt: skip
    assert done.returncode == 0, done.stderr
    asked = done.stdout.splitlines()
    train = asked.index("python")
    wanted = ["--partition=part", "--job-name=job", f"--ntasks={gpus}", "--kill-on-bad-exit=1"]
    wanted += [f"--ntasks-per-node={per_node}", f"--gres=gpu:{per_node}"]
    assert set(wanted) < set(asked[:train])
    assert asked[train - 4 : train] == ["--time", "1:00", "--qos", "high"]
    script, config, *rest = asked[train + 1 :]
    assert Path(script) == repo_root / "tools/train.py"
    assert (config, rest) == ("configs/iclip_swinb.py", ["--launcher", "slurm", "--resume"])


def train(repo_root: Path, tmp_path: Path, **environment: str):
    """Run with a path to resume from; returns the result and what was queued again."""
    command = ("part", "job", "8", "config.py", "--resume", "a.pth")
    done = run(repo_root, tmp_path, *command, **environment)
    queued = tmp_path / "queued.txt"
    return done, queued.read_text() if queued.exists() else ""


def test_batch_job_that_was_asked_to_stop_is_queued_again(repo_root: Path, tmp_path: Path):
    done, queued = train(repo_root, tmp_path, **BATCH_JOB, SRUN_CODE=TO_BE_CONTINUED)
    assert (done.returncode, queued) == (75, "requeue 42\n")
    assert "job 42 goes into the queue again" in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {**BATCH_JOB, "SRUN_CODE": "0"},  # complete
        {**BATCH_JOB, "SRUN_CODE": "1"},  # failed
        {**BATCH_JOB, "SRUN_CODE": "137"},  # killed
        {**BATCH_JOB, "SRUN_CODE": TO_BE_CONTINUED, "STATE": "COMPLETING"},  # canceled, preempted
        {**BATCH_JOB, "SRUN_CODE": TO_BE_CONTINUED, "BATCH": "0"},  # salloc
        {"SRUN_CODE": TO_BE_CONTINUED},  # srun asks for a job of its own
    ],
    ids=lambda environment: " ".join(environment.values()),
)
def test_other_jobs_are_not(environment: dict[str, str], repo_root: Path, tmp_path: Path):
    done, queued = train(repo_root, tmp_path, **environment)
    assert (done.returncode, queued) == (int(environment["SRUN_CODE"]), "")


def test_job_that_slurm_does_not_queue_again_says_what_to_do(repo_root: Path, tmp_path: Path):
    environment = {**BATCH_JOB, "SRUN_CODE": TO_BE_CONTINUED, "REQUEUE_CODE": "1"}
    done, _ = train(repo_root, tmp_path, **environment)
    assert done.returncode == 75
    assert "submit it again, with --resume" in done.stderr


@pytest.mark.parametrize(
    ("restarts", "resume"),
    [("0", ["--resume", "a.pth"]), ("2", ["--resume", "a.pth", "--resume"])],
)
def test_job_that_was_queued_again_resumes_from_its_latest_checkpoint(
    restarts: str, resume: list[str], repo_root: Path, tmp_path: Path
):
    done, _ = train(repo_root, tmp_path, **BATCH_JOB, SLURM_RESTART_COUNT=restarts)
    words = done.stdout.splitlines()
    assert words[words.index("slurm") + 1 :] == resume


def test_shows_its_usage(repo_root: Path, tmp_path: Path):
    done = run(repo_root, tmp_path, "part", "job")
    assert done.returncode == 2
    assert "tools/slurm_train.sh PARTITION JOB_NAME GPUS CONFIG" in done.stderr
    assert run(repo_root, tmp_path, "--help").returncode == 0
