"""The run that is watched: the micro model, validated and saved all the time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CONFIG = "configs/micro/iclip.py"
# Many rounds of what could leak; the learning rate is one that a run of any length survives.
SETTINGS = {
    "train_cfg.max_iters": 10_000_000,
    "train_cfg.val_interval": 100,
    "default_hooks.checkpoint.interval": 50,
    "train_dataloader.num_workers": 2,
    "optim_wrapper.optimizer.lr": 2e-4,
}
# Seconds that the run has to save its checkpoint and to end its workers.
_SECONDS_TO_END = 60.0


@contextmanager
def training(work_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Train for as long as the block runs; the output lies in ``output.txt`` beside the work dir.

    Raises:
        ValueError: ICLIP_DATA names no folder with the toy world.
    """
    data = Path(os.environ.get("ICLIP_DATA", "data"))
    if not (data / "toy" / "READY").is_file():
        raise ValueError(
            f"ICLIP_DATA={data} holds no toy world: draw it with python tools/make_toy_data.py "
            f"--root {data}/toy"
        )
    work_dir.parent.mkdir(parents=True, exist_ok=True)
    with open(work_dir.parent / "output.txt", "ab") as output:
        process = subprocess.Popen(
            train_command(work_dir),
            cwd=REPO,
            env={**os.environ, "ICLIP_DATA": str(data.resolve())},
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        end(process)


def train_command(work_dir: Path) -> list[str]:
    """Return the command of the run."""
    settings = [f"{name}={value}" for name, value in SETTINGS.items()]
    command = [sys.executable, "tools/train.py", CONFIG, "--work-dir", str(work_dir.resolve())]
    return [*command, "--device", "cpu", "--cfg-options", *settings]


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to stop as Slurm does, and kill it if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
