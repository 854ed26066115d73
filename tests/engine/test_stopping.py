"""Where a run ends that was asked to stop."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mmengine.hooks import EMAHook
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop

from iclip.engine import ResumableTrainLoop
from iclip.engine.hooks import AtomicCheckpoint
from iclip.engine.stopping import leave_validation, stop, stops_within_epochs
from iclip.stop_signals import RunStopped
from tests.support.fake_runner import fake_runner


class Saver(AtomicCheckpoint):
    """Writes an empty file in the place of a checkpoint."""

    def __init__(self, folder: Path, calls: list[Any], **options: Any) -> None:
        super().__init__(interval=4, **options)
        self.out_dir, self.calls = str(folder), calls

    def _save_checkpoint_with_step(self, runner: Any, step: int, meta: dict[str, Any]) -> None:
        self.calls.append((step, meta))
        self.last_ckpt = f"{self.out_dir}/{self.filename_tmpl.format(step)}"
        Path(self.last_ckpt).touch()


class SwapsBack(EMAHook):
    def __init__(self, calls: list[Any]) -> None:
        self.calls = calls

    def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
        self.calls.append("swapped back")


@pytest.mark.parametrize(
    ("loop", "expected"),
    [(ResumableTrainLoop, True), (IterBasedTrainLoop, True), (EpochBasedTrainLoop, False)],
)
def test_loop_over_epochs_goes_on_at_their_beginning(loop: type, expected: bool):
    assert stops_within_epochs(fake_runner(train_loop=loop.__new__(loop))) == expected


def test_checkpoint_of_the_iteration_is_saved_once(tmp_path: Path):
    calls: list[Any] = []
    runner = fake_runner(work_dir=str(tmp_path), hooks=[Saver(tmp_path, calls)])
    for _ in range(2):
        with pytest.raises(RunStopped, match=f"after iteration 7 of 100, .*{tmp_path}/iter_7.pth"):
            stop(runner, iteration=7, epoch=0)
    assert calls == [(7, dict(epoch=0, iter=7))]


def test_checkpoint_of_an_epoch_has_its_name(tmp_path: Path):
    calls: list[Any] = []
    runner = fake_runner(work_dir=str(tmp_path), hooks=[Saver(tmp_path, calls, by_epoch=True)])
    with pytest.raises(RunStopped, match=r"epoch_3\.pth"):
        stop(runner, iteration=30, epoch=3)
    assert calls == [(3, dict(epoch=3, iter=30))]


def test_run_that_cannot_go_on_here_goes_on_from_an_earlier_checkpoint(tmp_path: Path):
    calls: list[Any] = []
    runner = fake_runner(work_dir=str(tmp_path), hooks=[Saver(tmp_path, calls, by_epoch=True)])
    with pytest.raises(RunStopped, match="with --resume from the beginning") as stopped:
        stop(runner, iteration=7, epoch=0, save=False)
    assert stopped.value.agreed and calls == []


def test_average_is_swapped_back_before_a_validation_is_left(tmp_path: Path):
    calls: list[Any] = []
    hooks = [Saver(tmp_path, calls), SwapsBack(calls), SimpleNamespace()]
    runner = fake_runner(work_dir=str(tmp_path), hooks=hooks, iter=6, epoch=0)
    with pytest.raises(RunStopped):
        leave_validation(runner)
    assert calls == ["swapped back", (6, dict(epoch=0, iter=6))]
