"""A run that ends with an error leaves the checkpoint in flight whole, or says that it is not."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from iclip.engine.hooks import AtomicCheckpoint
from iclip.engine.saving.last_save import checkpoint_hook, last_save_finished
from tests.support.fake_runner import fake_runner


def run_with(job: Callable[[], Any]) -> Any:
    hook = AtomicCheckpoint(interval=1)
    hook._job.start(job)
    return fake_runner(hooks=[object(), hook])


def test_hook_is_found():
    hook = AtomicCheckpoint(interval=1)
    assert checkpoint_hook(fake_runner(hooks=[object(), hook])) is hook
    assert checkpoint_hook(fake_runner(hooks=[object()])) is None


def test_error_waits_for_the_checkpoint():
    go_on, done = threading.Event(), []
    runner = run_with(lambda: (go_on.wait(10), done.append(1)))
    threading.Timer(0.1, go_on.set).start()
    with pytest.raises(RuntimeError, match="of the run"), last_save_finished(runner):
        raise RuntimeError("of the run")
    assert done == [1]


def test_failed_save_is_logged_beside_the_error(caplog: pytest.LogCaptureFixture):
    def fail() -> None:
        raise OSError(28, "no room for iter_8.pth")

    with pytest.raises(KeyboardInterrupt), caplog.at_level(logging.ERROR):  # noqa: SIM117
        with last_save_finished(run_with(fail)):
            raise KeyboardInterrupt
    assert [record.message for record in caplog.records] == ["no room for iter_8.pth"]


def test_run_without_the_hook_ends_as_it_does():
    with pytest.raises(KeyboardInterrupt), last_save_finished(fake_runner(hooks=[])):
        raise KeyboardInterrupt
