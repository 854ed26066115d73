"""A loss beyond its recent spread is said once, counted each time, and changes nothing."""

import statistics
from typing import Any

import numpy as np
import pytest

from iclip.engine.hooks import LogSpikes
from iclip.engine.hooks.log_spikes import SPIKES, highest_usual
from tests.support.fake_runner import fake_runner


def usual(count: int, seed: int = 0) -> list[float]:
    return (2 + 0.1 * np.random.default_rng(seed).standard_normal(count)).tolist()


def feed(hook: LogSpikes, losses: list[float | None]) -> Any:
    """Losses of one step after the other; None for a step that was left out."""
    runner = fake_runner()
    for loss in losses:
        outputs = {} if loss is None else {"loss": loss}
        if loss is not None:
            runner.message_hub.update_scalar("train/loss", loss)
        hook.after_train_iter(runner, runner.iter, outputs=outputs)
        runner.iter += 1
    return runner


def test_limit_is_the_formula():
    losses = usual(31)
    median = statistics.median(losses)
    deviation = statistics.median([abs(loss - median) for loss in losses])
    assert highest_usual(np.array(losses), 5) == pytest.approx(median + 5 * 1.4826 * deviation)


def test_spread_of_equal_losses_is_a_thousandth_of_them():
    assert highest_usual(np.full(9, 3.0), 10) == pytest.approx(3 + 10 * 1.4826 * 0.003)


def test_spike_is_said_with_its_values(caplog: pytest.LogCaptureFixture):
    runner = feed(LogSpikes(window=40), [*usual(60), 9.5, *usual(5)])
    (message,) = caplog.messages
    assert message.startswith("The loss of step 61 is 9.5, above 2.")
    assert "the median of the steps before it is 2.0" in message
    assert message.endswith("(LogSpikes.spread=8)")
    assert runner.message_hub.get_info(SPIKES) == 1


@pytest.mark.parametrize("seed", range(5))
def test_usual_losses_are_no_spikes(seed: int, caplog: pytest.LogCaptureFixture):
    falling = [loss + 5 / (1 + step / 50) for step, loss in enumerate(usual(600, seed))]
    runner = feed(LogSpikes(), [*falling, *usual(300, seed + 100)])
    assert not caplog.messages
    assert not runner.message_hub.runtime_info


def test_warnings_are_rare(caplog: pytest.LogCaptureFixture):
    losses = usual(60)
    for place in (50, 52, 54, 59):
        losses[place] = 20.0
    runner = feed(LogSpikes(window=40, quiet=8), losses)
    assert [message.split(",")[0] for message in caplog.messages] == [
        "The loss of step 51 is 20", "The loss of step 60 is 20",
    ]  # fmt: skip
    assert "; 2 more since the last warning" in caplog.messages[1]
    assert runner.message_hub.get_info(SPIKES) == 4


def test_nothing_is_said_before_there_is_a_spread(caplog: pytest.LogCaptureFixture):
    feed(LogSpikes(window=40), [*usual(19), 9.0])
    assert not caplog.messages
    feed(LogSpikes(window=40), [*usual(20), 9.0])
    assert len(caplog.messages) == 1


def test_step_that_was_left_out_is_not_looked_at(caplog: pytest.LogCaptureFixture):
    feed(LogSpikes(window=40, quiet=1), [*usual(40), 9.0, None, None])
    assert len(caplog.messages) == 1
    feed(LogSpikes(), [None])


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"spread": 0}, r"LogSpikes\.spread is 0; it takes a number above 0"),
        ({"window": 0}, r"LogSpikes\.window is 0; it takes a whole number from 1 up"),
        ({"quiet": 0.5}, r"LogSpikes\.quiet is 0\.5; it takes"),
    ],
)
def test_settings_are_checked(setting: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        LogSpikes(**setting)
