"""Runs as the report sees them: whatever their folders hold, whole or partial, old or new."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iclip.data_summary import DataSummary
from iclip.report.class_figures import ClassFigures
from iclip.report.config_text import setting
from iclip.report.results import Result
from iclip.tasks import task_of


@dataclass(frozen=True)
class Evaluation:
    """A validation or a test of a run.

    Attributes:
        metrics: Finite figures by name, as the framework gives them.
        loader: ``val_dataloader`` or ``test_dataloader``.
        measured: How, see :func:`iclip.engine.evaluated.how_measured`; None if it was not recorded.
        iteration: How far the evaluated model was trained; 0 if unknown.
        samples_seen: Of pre-training; 0 if unknown.
        checkpoint: SHA-256 of the evaluated file; empty if there was none.
        record: As it stands in the file, to tell copies of one test from two tests.
    """

    metrics: Mapping[str, float]
    loader: str
    measured: Mapping[str, Any] | None = None
    iteration: int = 0
    samples_seen: int = 0
    checkpoint: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_test(self) -> bool:
        """Whether the test's loader was used, not the validation's."""
        return self.loader == "test_dataloader"


@dataclass(frozen=True)
class Run:
    """One training run, or a folder of evaluation results.

    Attributes:
        path: Its folder.
        name: Its path below the folders that were named; no two runs have the same.
        config: The resolved config; empty if there is none.
        validation: The last one inside training; None if there was none.
        tests: Of its checkpoints by tools/test.py, in the order of time.
        starts: One record per start, the first one first (:mod:`iclip.engine.start.provenance`).
        curve: The logged scalars, one mapping per line of the log.
        results: Of the evaluation tools, from the files in its folder.
        classes: A transfer's figures of each class; None if they were not kept.
        classes_loader: The loader that they were measured with.
        data: By the place in the config, what was read of its data sets.
        problems: What was not there or could not be read.
    """

    path: Path
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    validation: Evaluation | None = None
    tests: tuple[Evaluation, ...] = ()
    starts: tuple[Mapping[str, Any], ...] = ()
    curve: tuple[Mapping[str, float], ...] = ()
    results: tuple[Result, ...] = ()
    classes: ClassFigures | None = None
    classes_loader: str = "val_dataloader"
    data: Mapping[str, DataSummary] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def task(self) -> str | None:
        """As :func:`iclip.tasks.task_of` tells it; None if the run has no config that says it."""
        return task_of(self.config)

    @property
    def evaluation(self) -> Evaluation | None:
        """The one to show: the test of the model that was trained furthest, or the validation."""
        tests = [test for test in self.tests if test.metrics]
        if not tests:
            return self.validation
        furthest = max(test.iteration for test in tests)
        return [test for test in tests if test.iteration == furthest][-1]

    @property
    def metrics(self) -> Mapping[str, float]:
        """Figures of the evaluation to show."""
        return self.evaluation.metrics if self.evaluation else {}

    @property
    def samples_seen(self) -> int:
        """Of pre-training; 0 if unknown."""
        return max((e.samples_seen for e in (self.validation, *self.tests) if e), default=0)

    @property
    def iteration(self) -> int:
        """How far it came; 0 if unknown."""
        return max((e.iteration for e in (self.validation, *self.tests) if e), default=0)

    @property
    def is_trained(self) -> bool:
        """Whether there is a training, not results of evaluations alone."""
        return bool(self.config or self.curve or self.validation or self.starts)

    @property
    def is_pretrained(self) -> bool:
        """Whether a transfer's backbone starts from a checkpoint."""
        return setting(self.config, "model.backbone.checkpoint") is not None

    @property
    def is_toy(self) -> bool:
        """Whether it read the toy world."""
        parts = [self.config.get("train_dataloader"), self.config.get("toy")]
        data = json.dumps(parts, default=str, skipkeys=True)
        return "toy/" in data or '/toy"' in data
