"""The lines of the first steps are printed, each once, and again after a continuation."""

from types import SimpleNamespace

import pytest

from iclip.engine.hooks import LogFirstSteps
from tests.support.fake_runner import fake_runner


def printed(hook: LogFirstSteps, steps: int, caplog: pytest.LogCaptureFixture) -> list[str]:
    runner = fake_runner()
    runner.log_processor = SimpleNamespace(
        get_log_after_iter=lambda runner, batch, mode: ({}, f"{mode} line of step {batch + 1}")
    )
    caplog.clear()
    caplog.set_level("INFO")
    hook.before_train(runner)
    for batch in range(steps):
        hook.after_train_iter(runner, batch)
    return caplog.messages


def test_lines_of_the_named_steps_alone(caplog: pytest.LogCaptureFixture):
    hook = LogFirstSteps(steps=(1, 3))
    expected = ["train line of step 1", "train line of step 3"]
    assert printed(hook, 7, caplog) == expected
    assert printed(hook, 2, caplog) == expected[:1]  # a continuation counts anew


def test_step_that_is_no_number_is_an_error():
    with pytest.raises(ValueError, match=r"LogFirstSteps\.steps is 0"):
        LogFirstSteps(steps=(0,))
