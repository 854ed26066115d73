"""The results of validations and tests as files that other programs read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.evaluated import is_training, plain_numbers, result_folders, run_result
from iclip.registry import HOOKS
from iclip.results import METRICS_FILE, Result
from iclip.results.json_values import read_json
from iclip.results.run_files import TESTS_FILE, json_of_test, json_of_validation, save_json


@HOOKS.register_module()
class SaveMetrics(Hook):
    """Write the result of each validation and test into the run's folder.

    ``metrics.json`` is replaced after each validation of a training; ``test_results.json`` lists
    the evaluations of a checkpoint by tools/test.py. The latter is written into the work dir of the
    test and into the folder of the run that wrote the checkpoint. :mod:`iclip.results.run_files`
    says what the files hold.

    Attributes:
        test: The result of the last test; None before the first.
    """

    def __init__(self) -> None:
        self.test: Result | None = None
        # How far the loaded checkpoint was trained.
        self._loaded: dict[str, int] = {"iteration": 0, "samples_seen": 0}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Note how far the checkpoint was trained: a runner that only tests does not know it."""
        meta = checkpoint.get("meta") if isinstance(checkpoint, dict) else None
        if not isinstance(meta, dict):
            return
        # A light file keeps what it says of the training in a place of its own.
        trained = {"iteration": meta.get("iter"), "samples_seen": meta.get("samples_seen")}
        light = meta.get("trained") or {}
        self._loaded = {name: value or light.get(name) or 0 for name, value in trained.items()}

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the validation's result."""
        # tools/test.py evaluates a checkpoint of pre-training on its validation data.
        if not is_training(runner):
            self._add_test(runner, runner.val_loop, "val_dataloader", metrics)
            return
        result = run_result(
            runner, runner.val_loop, "val_dataloader", metrics,
            iteration=runner.iter,
            samples_seen=runner.message_hub.get_info("samples_seen", 0),
        )  # fmt: skip
        save_json(Path(runner.work_dir) / METRICS_FILE, json_of_validation(result))

    @master_only
    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Add the test's result."""
        self._add_test(runner, runner.test_loop, "test_dataloader", metrics)

    def _add_test(
        self, runner: Runner, loop: Any, loader: str, metrics: dict[str, float] | None
    ) -> None:
        checkpoint = runner._load_from
        self.test = run_result(runner, loop, loader, metrics, **self._loaded, checkpoint=checkpoint)
        for folder in result_folders(runner.work_dir, checkpoint):
            file = folder / TESTS_FILE
            save_json(file, [*_earlier_tests(file, runner), json_of_test(self.test)])


def last_test(runner: Runner, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the last test of a runner as plain values.

    Args:
        runner: A runner that has tested.
        metrics: What the test returned.

    Returns:
        Each metric under its name, and the record of ``test_results.json`` if the config has the
        hook ``SaveMetrics``.
    """
    hooks = (hook for hook in runner.hooks if isinstance(hook, SaveMetrics))
    test = next((hook.test for hook in hooks), None)
    return {**plain_numbers(metrics), **(json_of_test(test) if test else {})}


def _earlier_tests(file: Path, runner: Runner) -> list[Any]:
    """Return the results of earlier tests; a file that holds something else is put aside."""
    if not file.is_file():
        return []
    try:
        content = read_json(file)
    except ValueError:
        content = None
    if isinstance(content, list):
        return content
    aside = file.with_suffix(".unreadable.json")
    file.rename(aside)
    runner.logger.warning("%s does not hold a list of results; it is now %s", file, aside)
    return []
