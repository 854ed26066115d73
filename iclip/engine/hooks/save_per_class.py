"""The last evaluation's figures of each class as a file that other programs read."""

import json
from pathlib import Path

from mmengine.dist import master_only
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.atomic_files import write_atomically
from iclip.registry import HOOKS

PER_CLASS_FILE = "per_class.json"


@HOOKS.register_module()
class SavePerClass(Hook):
    """Write ``per_class.json`` into the work dir after each validation or test.

    It holds the attribute ``per_class`` of the first metric that has one: ``metric``, what was
    ``counted``, ``classes``, each with ``name``, ``value`` in percent (null where there is nothing
    to measure), ``count`` and on LVIS ``frequency``, and for videos ``confusion``, counts whose
    rows are the truth. The log gets none of these hundreds of figures.
    """

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the validation's file."""
        self._write(runner, runner.val_loop.evaluator)

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the test's file."""
        self._write(runner, runner.test_loop.evaluator)

    def _write(self, runner: Runner, evaluator: Evaluator) -> None:
        found = (getattr(metric, "per_class", None) for metric in evaluator.metrics)
        record = next((record for record in found if record is not None), None)
        if record is not None:
            content = json.dumps(record, ensure_ascii=False) + "\n"
            write_atomically(Path(runner.work_dir) / PER_CLASS_FILE, content.encode())
