"""The last evaluation's figures of each class as a file that other programs read."""

import json
from pathlib import Path

from mmengine.dist import master_only
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.evaluated import is_training, result_folders
from iclip.files.atomic import write_atomically
from iclip.registry import HOOKS

PER_CLASS_FILE = "per_class.json"
TEST_PER_CLASS_FILE = "test_per_class.json"


@HOOKS.register_module()
class SavePerClass(Hook):
    """Write the figures of each class after each validation or test.

    ``per_class.json`` is a training's last validation; ``test_per_class.json`` the last test of a
    checkpoint, in the work dir of the test and in the folder of the checkpoint's run.

    Each holds the attribute ``per_class`` of the first metric that has one: ``metric``, what was
    ``counted``, ``classes``, each with ``name``, ``value`` in percent (null where there is nothing
    to measure), ``count`` and on LVIS ``frequency``, and for videos ``confusion``, counts whose
    rows are the truth. The log gets none of these hundreds of figures.
    """

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the validation's file."""
        if is_training(runner):
            _write(runner.val_loop.evaluator, [Path(runner.work_dir) / PER_CLASS_FILE])
        else:
            _write(runner.val_loop.evaluator, _test_files(runner))

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the test's file."""
        _write(runner.test_loop.evaluator, _test_files(runner))


def _test_files(runner: Runner) -> list[Path]:
    folders = result_folders(runner.work_dir, runner._load_from)
    return [folder / TEST_PER_CLASS_FILE for folder in folders]


def _write(evaluator: Evaluator, files: list[Path]) -> None:
    found = (getattr(metric, "per_class", None) for metric in evaluator.metrics)
    record = next((record for record in found if record is not None), None)
    if record is not None:
        content = json.dumps(record, ensure_ascii=False) + "\n"
        for file in files:
            write_atomically(file, content)
