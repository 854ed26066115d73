"""A run as the report sees it: what its folder holds, complete or not, old or new."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iclip.data_summary import DataSummary
from iclip.results import ClassScores, Result
from iclip.settings import get_setting
from iclip.tasks import task_of


@dataclass(frozen=True)
class Run:
    """A training run, or a folder of evaluation results.

    Attributes:
        path: The run's folder.
        name: Path of that folder below the folders that were named; no two runs have the same.
        config: The resolved config; empty if there is none.
        validation: The last validation inside training, or that of the best model where the run
            keeps it; None if there was none.
        tests: Tests of the run's checkpoints by tools/test.py, in the order of time.
        starts: One record per start, the first one first (:mod:`iclip.engine.start.provenance`).
        curve: The logged scalars, one mapping per line of the log.
        results: Results of the evaluation tools, by the name of the file in the run's folder.
        classes: A transfer's scores of each class; None if they were not kept.
        data: What was read of the data sets, by their place in the config.
        problems: What was not there or could not be read.
        config_problem: That of them about the config; empty if it was read or is not there.
    """

    path: Path
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    validation: Result | None = None
    tests: tuple[Result, ...] = ()
    starts: tuple[Mapping[str, Any], ...] = ()
    curve: tuple[Mapping[str, float], ...] = ()
    results: Mapping[str, Result] = field(default_factory=dict)
    classes: ClassScores | None = None
    data: Mapping[str, DataSummary] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    config_problem: str = ""

    @property
    def task(self) -> str | None:
        """The task by :func:`iclip.tasks.task_of`; None if the run has no config that says it."""
        return task_of(self.config)

    @property
    def evaluation(self) -> Result | None:
        """The evaluation to show: the last test of the most trained model, or the validation."""
        tests = [test for test in self.tests if test.metrics]
        if not tests:
            return self.validation
        furthest = max(test.settings.iteration for test in tests)
        return [test for test in tests if test.settings.iteration == furthest][-1]

    @property
    def metrics(self) -> Mapping[str, float]:
        """Scores of the evaluation to show."""
        return self.evaluation.metrics if self.evaluation else {}

    @property
    def samples_seen(self) -> int:
        """Samples that the run has seen in pre-training; 0 if unknown."""
        return max((result.settings.samples_seen or 0 for result in self._evaluations), default=0)

    @property
    def iteration(self) -> int:
        """Iterations of the last evaluated model; 0 if unknown."""
        return max((result.settings.iteration for result in self._evaluations), default=0)

    def wrote(self, checkpoint: str) -> bool:
        """Whether a file of weights is one of this run's.

        It is if it lies in the run's folder. If it does not exist, since files were moved, it
        counts that its path names a folder like the run's.
        """
        file = Path(checkpoint)
        # Path.exists raises an error for a text that is too long to be a path.
        if os.path.exists(file):
            # latest.pth is a link, so both its own folder and that of its target count.
            return self.path.resolve() in (*file.resolve().parents, file.parent.resolve())
        return file.parent.name == self.path.name

    @property
    def last_step(self) -> int:
        """The last iteration that the log or an evaluation tells of; 0 if unknown."""
        # A run that was not validated yet has only its log.
        return max(self.iteration, *(int(line.get("step", 0)) for line in self.curve), 0)

    @property
    def _evaluations(self) -> tuple[Result, ...]:
        return (*((self.validation,) if self.validation else ()), *self.tests)

    @property
    def is_trained(self) -> bool:
        """Whether there is a training, not results of evaluations alone."""
        return bool(self.config or self.curve or self.validation or self.starts)

    @property
    def is_pretrained(self) -> bool:
        """Whether a transfer's backbone starts from a checkpoint."""
        return get_setting(self.config, "model.backbone.checkpoint") is not None

    @property
    def is_toy(self) -> bool:
        """Whether the run read the toy world."""
        parts = [self.config.get("train_dataloader"), self.config.get("toy")]
        data = json.dumps(parts, default=str, skipkeys=True)
        return "toy/" in data or '/toy"' in data
