"""A job runs beside its caller, one at a time, and its errors reach the caller once."""

import multiprocessing
import threading

import pytest

from iclip.engine.saving.background import BackgroundJob


def fail() -> None:
    raise OSError("no room")


def test_caller_goes_on_while_the_job_runs():
    job, go_on, done = BackgroundJob(), threading.Event(), []
    job.start(lambda: (go_on.wait(10), done.append(1)))
    assert done == []
    go_on.set()
    job.wait()
    assert done == [1]


def test_one_job_runs_at_a_time():
    job, running, most = BackgroundJob(), [], []

    def count() -> None:
        running.append(1)
        most.append(len(running))
        running.pop()

    for _ in range(20):
        job.start(count)
    job.wait()
    assert most == [1] * 20


def test_error_is_raised_once_and_known_before():
    job = BackgroundJob()
    job.start(fail)
    while not job.has_failed:
        pass
    with pytest.raises(OSError, match="no room"):
        job.wait()
    assert not job.has_failed
    job.wait()


def test_error_is_raised_where_the_next_job_would_start():
    job, done = BackgroundJob(), []
    job.start(fail)
    with pytest.raises(OSError, match="no room"):
        job.start(lambda: done.append(1))
    assert done == []


def test_waiting_for_nothing_returns():
    job = BackgroundJob()
    job.wait()
    assert not job.has_failed


def test_process_forked_meanwhile_ends():
    job, go_on = BackgroundJob(), threading.Event()
    job.start(lambda: go_on.wait(20))  # type: ignore[arg-type, return-value]
    child = multiprocessing.get_context("fork").Process(target=len, args=([],))
    child.start()
    child.join(10)
    go_on.set()
    job.wait()
    assert child.exitcode == 0
