import multiprocessing
import os
import time
from pathlib import Path

import pytest

from iclip.files import signs_of_life as module
from iclip.files.signs_of_life import remove_lock, renewed, state_of, watch


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_SIGNS", 0.03)


def test_lock_is_renewed_while_the_block_runs(tmp_path: Path) -> None:
    lock, looks = tmp_path / "x.lock", []
    lock.touch()
    with renewed(lock, lambda: looks.append(1)):
        seen = state_of(lock)
        assert seen is not None and watch(lock, seen, 20) not in (seen, None)
    after = state_of(lock)
    assert looks and after is not None and watch(lock, after, 0.2) == after


def test_lock_that_is_gone_has_no_state_and_is_not_made_again(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.touch()
    seen = state_of(lock)
    lock.unlink()
    assert seen is not None and watch(lock, seen, 20) is None
    with renewed(lock):
        time.sleep(0.1)
    assert not list(tmp_path.iterdir())


def test_replaced_lock_has_another_state_at_an_equal_time(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.touch()
    os.utime(lock, ns=(5, 5))
    seen = state_of(lock)
    lock.rename(tmp_path / "first")
    lock.touch()
    os.utime(lock, ns=(5, 5))
    assert state_of(lock) != seen


def test_only_the_lock_that_was_seen_is_removed(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text("dead")
    seen = state_of(lock)
    assert seen is not None
    lock.rename(tmp_path / "moved")  # keeps the number from being used again
    lock.write_text("alive")
    remove_lock(lock, seen)
    assert lock.read_text() == "alive"
    state = state_of(lock)
    assert state is not None
    remove_lock(lock, state)
    remove_lock(lock, state)  # gone already
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_one_of_several_removers_removes_it(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text("dead")
    state = state_of(lock)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=remove_lock, args=(lock, state)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
        assert process.exitcode == 0
    assert not list(tmp_path.iterdir())
