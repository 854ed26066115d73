"""torchrun's processes get a notice, and what started torchrun is told whether they obeyed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch.distributed.run
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from iclip.ranks import torchrun
from iclip.stop_signals import STOP_FOLDER, STOPPED

# Each process appends what it is asked by; it has no process group and imports no torch.
LISTENS = """
import os, sys, time
from iclip.stop_signals import RunStopped, exit_code, hold_back, listening, stop_asked
with listening():
    hold_back()
    open(f"{sys.argv[1]}/started_{os.getpid()}", "w").close()
    while not stop_asked():
        time.sleep(0.05)
    open(f"{sys.argv[1]}/{stop_asked()}_{os.getpid()}", "w").close()
sys.exit(exit_code(RunStopped("", agreed=True)))
"""


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The handlers and the variable of before, after a test that runs torchrun here."""
    before = {number: signal.getsignal(number) for number in torchrun.NOTICES}
    monkeypatch.setenv(STOP_FOLDER, "")
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_notice_reaches_all_processes_and_starts_none_again(tmp_path: Path, repo_root: Path):
    (tmp_path / "listens.py").write_text(LISTENS)
    options = ["--standalone", "--nproc-per-node=2", "--max-restarts=1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "iclip.ranks.torchrun", *options, "listens.py", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repo_root), "OMP_NUM_THREADS": "1"},
    )
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("started_*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(60) == 75
    assert len(list(tmp_path.glob("started_*"))) == len(list(tmp_path.glob("SIGUSR1_*"))) == 2


def run_with(monkeypatch: pytest.MonkeyPatch, run: Callable[[Path], None]) -> int:
    """Run with something else in the place of torchrun, which gets the folder."""
    calls: list[list[str]] = []

    def main(arguments: list[str]) -> None:
        calls.append(arguments)
        run(Path(os.environ[STOP_FOLDER]))

    monkeypatch.setattr(torch.distributed.run, "main", main)
    code = torchrun.main(["--standalone", "train.py"])
    assert calls == [["--signals-to-handle=SIGINT,SIGHUP,SIGQUIT", "--standalone", "train.py"]]
    return code


def failed(folder: Path) -> None:
    failure = ProcessFailure(local_rank=0, pid=1, exitcode=1, error_file="")
    raise ChildFailedError("train.py", {0: failure})


def test_run_that_ends_is_no_stop(monkeypatch: pytest.MonkeyPatch):
    assert run_with(monkeypatch, lambda folder: None) == 0


def test_run_that_ends_in_spite_of_a_notice_is_complete(monkeypatch: pytest.MonkeyPatch):
    assert run_with(monkeypatch, lambda folder: os.kill(os.getpid(), signal.SIGTERM)) == 0


def test_failure_stays_a_failure(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ChildFailedError):
        run_with(monkeypatch, failed)


def test_process_that_stopped_alone_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    def stopped(folder: Path) -> None:
        (folder / STOPPED).touch()
        failed(folder)

    assert run_with(monkeypatch, stopped) == 75


def test_process_that_has_ended_gets_nothing(tmp_path: Path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    running = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    not_ours = os.getppid()
    for process in (ended.pid, running.pid, not_ours):
        (tmp_path / str(process)).touch()
    while torchrun._is_running_child(ended.pid):
        time.sleep(0.01)
    assert torchrun._listeners(tmp_path) == [running.pid]
    ended.wait()
    running.kill()
    assert running.wait() == -signal.SIGKILL
