"""tools/slurm_train.sh asks Slurm for one task per GPU, by what a stand-in for srun was asked."""

import os
import subprocess
from pathlib import Path

import pytest


def run(repo_root: Path, tmp_path: Path, *arguments: str, **environment: str):
    srun = tmp_path / "srun"
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    srun.chmod(0o755)
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


def test_shows_its_usage(repo_root: Path, tmp_path: Path):
    done = run(repo_root, tmp_path, "part", "job")
    assert done.returncode == 2
    assert "tools/slurm_train.sh PARTITION JOB_NAME GPUS CONFIG" in done.stderr
    assert run(repo_root, tmp_path, "--help").returncode == 0
