import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from iclip.files import lock_owner as module
from iclip.files.lock_owner import create_lock, is_alive, read_owner, this_process


def test_lock_names_the_one_that_created_it(tmp_path: Path) -> None:
    me, other = this_process(), replace(this_process(), host="other")
    assert create_lock(tmp_path / "x.lock", me) and not create_lock(tmp_path / "x.lock", other)
    assert read_owner(tmp_path / "x.lock") == me


def test_lock_that_cannot_be_written_whole_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(value: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.json, "dumps", full)
    with pytest.raises(OSError, match="No space left"):
        create_lock(tmp_path / "x.lock", this_process())
    assert not list(tmp_path.iterdir())


def test_owner_of_another_machine_is_neither_dead_nor_alive() -> None:
    assert is_alive(replace(this_process(), host="other")) is None
    assert is_alive(replace(this_process(), numbering="before the last start")) is None


def test_process_that_got_a_dead_owner_s_number_is_not_the_owner(tmp_path: Path) -> None:
    assert is_alive(this_process()) is True
    assert is_alive(replace(this_process(), started="5")) is False


def test_killed_process_that_nobody_has_waited_for_is_dead(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        signal.pause()
    owner = replace(this_process(), pid=pid, started=module._start_of(pid) or "")
    assert is_alive(owner) is True
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # a zombie, whose number still exists
    assert is_alive(owner) is False
    os.waitpid(pid, 0)


def test_without_proc_a_process_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_start_of", lambda pid: None)
    assert is_alive(this_process()) is True
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert is_alive(replace(this_process(), pid=pid)) is False
    assert is_alive(replace(this_process(), pid=10**30)) is False
