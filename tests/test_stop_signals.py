"""A notice ends a run at once while it has nothing to lose, and is held back from then on."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from iclip import stop_signals
from iclip.stop_signals import (
    ASKED,
    STOP_FOLDER,
    STOPPED,
    RunStopped,
    exit_code,
    hold_back,
    listening,
    stop_asked,
)
from tests.support.torchrun import slurm_environment

HELD = """
import os, signal, sys, time
from iclip.stop_signals import hold_back, listening, stop_asked
with listening():
    hold_back()
    os.kill(os.getpid(), signal.SIGTERM)
    print(stop_asked(), flush=True)
    time.sleep(float(sys.argv[1]))
    os.kill(os.getpid(), signal.SIGTERM)
    print("alive", flush=True)
"""


def send(name: str) -> None:
    os.kill(os.getpid(), getattr(signal, name))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_notice_before_the_training_ends_the_run(name: str):
    message = f"stopped by {name} before the first iteration: nothing is lost"
    with pytest.raises(RunStopped, match=message), listening():
        try:
            send(name)
        except Exception:
            pytest.fail("it does not pass through 'except Exception'")


def test_notice_that_is_held_back_is_known():
    with listening():
        hold_back()
        assert stop_asked() is None
        send("SIGUSR1")
        assert stop_asked() == "SIGUSR1"
    assert stop_asked() is None


def test_handlers_of_before_are_restored():
    before = [signal.getsignal(number) for number in stop_signals.NOTICES]
    with listening():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in stop_signals.NOTICES] == before


def test_other_threads_do_not_listen():
    found = []

    def run() -> None:
        with listening():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


def run_held(repo_root: Path, seconds: float, after: str) -> subprocess.CompletedProcess[str]:
    """Send SIGTERM twice to a process that holds it back, with a pause."""
    shortened = f"import iclip.stop_signals\niclip.stop_signals.SECONDS_OF_ONE_NOTICE = {after}\n"
    return subprocess.run(
        [sys.executable, "-c", shortened + HELD, str(seconds)],
        env={**os.environ, "PYTHONPATH": str(repo_root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_second_sigterm_ends_the_process_at_once(repo_root: Path):
    ended = run_held(repo_root, 0.05, after="0.01")
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "SIGTERM\n")
    assert "A second SIGTERM ends it at once" in ended.stderr


def test_same_notice_by_two_ways_is_one(repo_root: Path):
    ended = run_held(repo_root, 0, after="5")
    assert (ended.returncode, ended.stdout) == (0, "SIGTERM\nalive\n")


def test_sigterm_after_slurm_s_notice_is_not_the_second_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stop_signals, "SECONDS_OF_ONE_NOTICE", 0.0)
    with listening():
        hold_back()
        for name in ("SIGUSR1", "SIGUSR1", "SIGTERM", "SIGUSR1"):
            send(name)
        assert stop_asked() == "SIGTERM"


@pytest.mark.parametrize(
    ("agreed", "asked", "code", "is_stop"),
    [
        (True, True, 0, True),
        (True, False, 0, True),  # the notice came to a process
        (False, True, 75, True),
        # torchrun ends what a failed process has left; the notice is its own.
        (False, False, 75, False),
    ],
)
def test_under_torchrun_an_agreed_stop_is_not_a_failure(
    agreed: bool,
    asked: bool,
    code: int,
    is_stop: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv(STOP_FOLDER, str(tmp_path))
    if asked:
        (tmp_path / ASKED).touch()
    assert exit_code(RunStopped("", agreed)) == code
    assert (tmp_path / STOPPED).exists() == is_stop


def test_torchrun_that_has_ended_is_told_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(STOP_FOLDER, str(tmp_path / "removed"))
    with listening():
        assert exit_code(RunStopped("", agreed=True)) == 75


def test_process_that_torchrun_starts_after_the_notice_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(STOP_FOLDER, str(tmp_path))
    with listening():
        assert [file.name for file in tmp_path.iterdir()] == [str(os.getpid())]
    (tmp_path / ASKED).touch()
    with pytest.raises(RunStopped, match="stopped by a notice"), listening():
        pytest.fail("it goes on")


def test_of_slurm_s_tasks_the_first_one_has_the_code_and_ends_last(
    monkeypatch: pytest.MonkeyPatch,
):
    waited: list[float] = []
    monkeypatch.setattr(stop_signals.time, "sleep", waited.append)
    codes = []
    for rank in range(3):
        for name, value in slurm_environment(rank, 3).items():
            monkeypatch.setenv(name, value)
        codes.append(exit_code(RunStopped("", agreed=True)))
    assert codes == [75, 0, 0]
    assert waited == [stop_signals.SECONDS_FOR_OTHER_TASKS]


def test_single_process_has_the_code():
    assert exit_code(RunStopped("")) == 75
