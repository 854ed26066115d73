"""The last evaluation's scores of each class as a file that other programs read."""

from pathlib import Path

from mmengine.dist import master_only
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.evaluated import class_scores, is_training, result_folders
from iclip.registry import HOOKS
from iclip.results.run_files import PER_CLASS_FILE, TEST_PER_CLASS_FILE


@HOOKS.register_module()
class SavePerClass(Hook):
    """Write the scores of each class after each validation or test.

    ``per_class.json`` is a training's last validation; ``test_per_class.json`` the last test of a
    checkpoint, in the work dir of the test and in the folder of the checkpoint's run.

    Each holds the attribute ``per_class`` of the first metric that has one:
    :class:`~iclip.results.ClassScores`. The log gets none of these hundreds of scores.
    """

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the validation's file."""
        if is_training(runner):
            files = [Path(runner.work_dir) / PER_CLASS_FILE]
        else:
            files = _test_files(runner)
        _save(runner.val_loop.evaluator, "val_dataloader", files)

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the test's file."""
        _save(runner.test_loop.evaluator, "test_dataloader", _test_files(runner))


def _test_files(runner: Runner) -> list[Path]:
    folders = result_folders(runner.work_dir, runner._load_from)
    return [folder / TEST_PER_CLASS_FILE for folder in folders]


def _save(evaluator: Evaluator, loader: str, files: list[Path]) -> None:
    scores = class_scores(evaluator, loader)
    if scores is not None:
        for file in files:
            scores.save(file)
