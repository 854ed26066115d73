"""A run that is asked to stop ends with a checkpoint, and goes on as if it had not been."""

import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iclip.checkpoints import load_checkpoint
from iclip.engine.hooks import StopOnSignal, stop_on_signal
from iclip.engine.saving.checkpoint_files import checkpoints_by_age
from iclip.engine.step_flags import STOP, step_flags_of
from tests.chaos.trial import ITERATIONS, Moment, Trial, Variant, run_undisturbed
from tests.support.fake_runner import fake_runner
from tests.support.train_process import output, records

WITH_EMA, TWO_RANKS = Variant(ema=True), Variant(ranks=2)
TO_BE_CONTINUED = 75


@pytest.fixture(scope="module")
def trial_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Variant], Trial]:
    """Makes a trial in a new folder; the undisturbed run of a variant is made once."""

    @functools.cache
    def undisturbed(variant: Variant) -> Path:
        return run_undisturbed(tmp_path_factory.mktemp("undisturbed"), variant)

    return lambda variant: Trial(tmp_path_factory.mktemp("run"), variant, undisturbed(variant))


def assert_goes_on(trial: Trial) -> None:
    """Resumed, the run equals the undisturbed one, and no iteration has run twice."""
    trial.resume()
    assert trial.lost() == ""
    ran = [record["iteration"] for record in records(trial.folder) if "iteration" in record]
    assert len(ran) == ITERATIONS * trial.variant.ranks


@pytest.mark.parametrize(
    ("moment", "signal", "saved"),
    [
        # The step in flight is finished, and the next one knows of the notice.
        (Moment("forward", 4), "SIGTERM", "iter_6.pth"),
        # One is being written beside the training, which is some steps further.
        (Moment("saving", 8), "SIGUSR1", None),
        # The validation is left, with the trained weights where the checkpoint has them.
        (Moment("validating", 6), "SIGTERM", "iter_6.pth"),
    ],
    ids=str,
)
def test_run_stops_with_a_checkpoint_and_goes_on(
    moment: Moment, signal: str, saved: str | None, trial_of: Callable[[Variant], Trial]
):
    trial = trial_of(WITH_EMA)
    assert trial.disturb(moment, signal) == [TO_BE_CONTINUED]
    latest = checkpoints_by_age(trial.run_folder)[-1]
    assert saved in (None, latest.name)
    assert (trial.run_folder / "latest.pth").resolve() == latest.resolve()
    done = load_checkpoint(latest)["meta"]["iter"]
    line = f"stopped by {signal} after iteration {done} of 12, to be continued with --resume from "
    assert output(trial.folder).count(line) == 1
    assert "Traceback" not in output(trial.folder)
    assert_goes_on(trial)


def test_notice_to_one_rank_stops_all_at_the_same_iteration(
    trial_of: Callable[[Variant], Trial],
):
    trial = trial_of(TWO_RANKS)
    codes = trial.disturb(Moment("validating", 6, rank=1), "SIGTERM")
    assert codes == [TO_BE_CONTINUED] * 2
    assert "stopped by a notice to another rank after iteration 6" in output(trial.folder)
    assert_goes_on(trial)


def test_notice_in_the_last_step_leaves_the_last_validation_to_the_resumed_run(
    trial_of: Callable[[Variant], Trial],
):
    trial = trial_of(WITH_EMA)
    assert trial.disturb(Moment("step", 11), "SIGUSR1") == [TO_BE_CONTINUED]
    assert_goes_on(trial)


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments of each stop."""
    found: list[dict[str, Any]] = []

    def stop(runner: Any, iteration: int, epoch: int, save: bool = True) -> None:
        found.append(dict(iteration=iteration, epoch=epoch, save=save))

    monkeypatch.setattr(stop_on_signal, "stop", stop)
    return found


def asked(within_epochs: bool, monkeypatch: pytest.MonkeyPatch, **parts: Any) -> Any:
    """A runner whose ranks agree about stopping; epochs have 10 iterations."""
    runner = fake_runner(epoch=0, train_dataloader=range(10), **parts)
    step_flags_of(runner).raise_flag(STOP)
    monkeypatch.setattr(stop_on_signal, "stops_within_epochs", lambda _: within_epochs)
    return runner


def iterate(hook: StopOnSignal, runner: Any, count: int) -> None:
    for iteration in range(count):
        runner.iter = iteration
        hook.before_train_iter(runner, iteration % 10)
        hook.after_train_iter(runner, iteration % 10)


def test_gradients_that_are_being_accumulated_are_not_lost(
    stops: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    wrapper = SimpleNamespace(_accumulative_counts=4)
    iterate(StopOnSignal(), asked(True, monkeypatch, optim_wrapper=wrapper), 9)
    assert [stop["iteration"] for stop in stops] == [4, 8]


def test_within_an_epoch_of_mmengine_s_loop_nothing_is_saved(
    stops: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    iterate(StopOnSignal(), asked(False, monkeypatch, optim_wrapper=None), 1)
    assert stops == [dict(iteration=1, epoch=0, save=False)]


def test_end_of_an_epoch_is_saved(stops: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch):
    hook, runner = StopOnSignal(), asked(False, monkeypatch, optim_wrapper=None)
    iterate(hook, runner, 10)
    assert [stop["iteration"] for stop in stops] == [*range(1, 10)]
    runner.iter = 10  # as the loop has counted by then
    hook.after_train_epoch(runner)
    assert stops[-1] == dict(iteration=10, epoch=1, save=True)


def test_run_without_a_notice_goes_on(stops: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch):
    runner = fake_runner(epoch=0, optim_wrapper=None, train_dataloader=range(10))
    monkeypatch.setattr(stop_on_signal, "stops_within_epochs", lambda _: False)
    iterate(StopOnSignal(), runner, 12)
    StopOnSignal().after_train_epoch(runner)
    assert stops == []
