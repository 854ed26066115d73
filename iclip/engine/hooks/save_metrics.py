"""The figures of validations and tests as files that other programs read."""

import json
import shlex
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.evaluated import (
    describe_checkpoint,
    finite_metrics,
    how_measured,
    is_training,
    result_folders,
)
from iclip.files.atomic import write_atomically
from iclip.registry import HOOKS

METRICS_FILE = "metrics.json"
TESTS_FILE = "test_results.json"


@HOOKS.register_module()
class SaveMetrics(Hook):
    """Write the figures of each validation and test into the run's folder.

    ``metrics.json`` is replaced after each validation of a training. It holds ``iteration`` and
    ``samples_seen``, which say how far the model was trained, ``metrics`` by name (null where a
    figure is not finite), and ``measured``: see :func:`~iclip.engine.evaluated.how_measured`.

    ``test_results.json`` is a list of the evaluations of a checkpoint by tools/test.py, with the
    same and ``tested``, ``command`` and ``checkpoint`` (path and SHA-256). It is written into the
    work dir of the test and into the folder of the run that the checkpoint is of.
    """

    def __init__(self) -> None:
        # How far the loaded checkpoint was trained.
        self._loaded: dict[str, int] = {"iteration": 0, "samples_seen": 0}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Note how far the checkpoint was trained: a runner that only tests does not know it."""
        meta = checkpoint.get("meta") if isinstance(checkpoint, dict) else None
        if isinstance(meta, dict):
            samples = meta.get("samples_seen") or 0
            self._loaded = {"iteration": meta.get("iter") or 0, "samples_seen": samples}

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the validation's figures."""
        measured = how_measured(runner, runner.val_loop, "val_dataloader")
        if not is_training(runner):
            self._add_test(runner, metrics, measured)
            return
        record = {
            "iteration": runner.iter,
            "samples_seen": runner.message_hub.get_info("samples_seen", 0),
            "metrics": finite_metrics(metrics),
            "measured": measured,
        }
        _write(Path(runner.work_dir) / METRICS_FILE, record)

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Add the test's figures."""
        self._add_test(runner, metrics, how_measured(runner, runner.test_loop, "test_dataloader"))

    def _add_test(
        self, runner: Runner, metrics: dict[str, float] | None, measured: dict[str, Any]
    ) -> None:
        record = {
            "tested": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            "checkpoint": describe_checkpoint(runner._load_from),
            **self._loaded,
            "metrics": finite_metrics(metrics),
            "measured": measured,
        }
        for folder in result_folders(runner.work_dir, runner._load_from):
            file = folder / TESTS_FILE
            _write(file, [*_earlier_tests(file, runner), record])


def _earlier_tests(file: Path, runner: Runner) -> list[Any]:
    """Results of earlier tests; a file that holds something else is put aside."""
    if not file.is_file():
        return []
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if isinstance(content, list):
        return content
    aside = file.with_suffix(".unreadable.json")
    file.rename(aside)
    runner.logger.warning("%s holds no list of results; it is now %s", file, aside)
    return []


def _write(file: Path, content: Any) -> None:
    write_atomically(file, json.dumps(content, indent=1) + "\n")
