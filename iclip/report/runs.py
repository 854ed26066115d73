"""Runs as the report sees them: whatever their folders hold, whole or partial, old or new."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iclip.report.class_figures import ClassFigures, read_class_figures
from iclip.report.config_text import read_config_dump, setting

# How deep runs may lie below a folder that was named.
DEPTH = 4
# Files of tools/zeroshot.py and tools/retrieval.py.
EVALUATIONS = ("zeroshot*.json", "retrieval*.json", "probe*.json")
_SEED = re.compile(r"seed_?\d+")
_TASKS = {"FasterRCNN": "detection", "EncoderDecoder": "segmentation", "Recognizer3D": "video"}


@dataclass(frozen=True)
class Run:
    """One training run, or a folder of evaluation results.

    Attributes:
        path: Its folder.
        name: Its path below the folder that was named.
        config: The resolved config; empty if there is none.
        metrics: The last validation's.
        samples_seen: Of pre-training; 0 if unknown.
        iteration: How far it came; 0 if unknown.
        starts: One record a start, the first one first (:mod:`iclip.engine.provenance`).
        curve: The logged scalars, one mapping a line of the log.
        evaluations: Result files by their names.
        classes: A transfer's figures of each class; None if they were not kept.
        problems: What was not there or could not be read.
    """

    path: Path
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    samples_seen: int = 0
    iteration: int = 0
    starts: tuple[Mapping[str, Any], ...] = ()
    curve: tuple[Mapping[str, float], ...] = ()
    evaluations: Mapping[str, Any] = field(default_factory=dict)
    classes: ClassFigures | None = None
    problems: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """``pre-training``, ``detection``, ``segmentation`` or ``video``."""
        return _TASKS.get(setting(self.config, "model.type") or "", "pre-training")

    @property
    def group(self) -> str:
        """The name without the seed: runs of one group are shown as mean and spread."""
        head, _, last = self.name.rpartition("/")
        return head if head and _SEED.fullmatch(last) else self.name

    @property
    def is_toy(self) -> bool:
        """Whether it read the toy world."""
        data = json.dumps([self.config.get("train_dataloader"), self.config.get("toy")])
        return "toy/" in data or '/toy"' in data


def find_runs(folders: Iterable[Path]) -> list[Run]:
    """Read every run in some folders and below.

    Raises:
        FileNotFoundError: A folder is not there.
        ValueError: A folder holds no run.
    """
    runs: list[Run] = []
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is no folder; name a run's work dir, or one of many")
        found = [read_run(path, folder) for path in _run_folders(folder)]
        if not found:
            raise ValueError(
                f"{folder} holds no run: neither metrics.json, a log (*/vis_data) nor the JSON of "
                "tools/zeroshot.py or tools/retrieval.py, there or below"
            )
        runs += found
    return runs


def read_run(path: Path, root: Path) -> Run:
    """Read what one folder holds; what is damaged becomes a problem, never an error."""
    problems: list[str] = []
    record = _json(path / "metrics.json", problems) or {}
    starts = _json(path / "provenance.json", problems) or []
    evaluations = {
        file.name: content
        for pattern in EVALUATIONS
        for file in sorted(path.glob(pattern))
        if isinstance(content := _json(file, problems), dict)
    }
    classes = _classes(path / "per_class.json", problems)
    config = _config(path, problems)
    curve = _curve(path, problems)
    trained = bool(config or curve)
    if trained and not record:
        problems.append("metrics.json: not there; the run has not been validated yet")
    if trained and not starts:
        problems.append("provenance.json: not there; commit, command and hardware are unknown")
    record = record if isinstance(record, dict) else {}
    metrics = record.get("metrics", {})
    return Run(
        path=path,
        name=root.resolve().name if path == root else path.relative_to(root).as_posix(),
        config=config,
        metrics={k: v for k, v in metrics.items() if isinstance(v, int | float)},
        samples_seen=record.get("samples_seen") or 0,
        iteration=record.get("iteration") or 0,
        starts=tuple(starts if isinstance(starts, list) else ()),
        curve=curve,
        evaluations=evaluations,
        classes=classes,
        problems=tuple(problems),
    )


def _run_folders(folder: Path) -> list[Path]:
    found = []
    for current, below, files in os.walk(folder, followlinks=True):
        path = Path(current)
        depth = len(path.relative_to(folder).parts)
        below[:] = sorted(below) if depth < DEPTH else []
        logs = [name for name in below if (path / name / "vis_data").is_dir()]
        results = any(file for pattern in EVALUATIONS for file in path.glob(pattern))
        if "metrics.json" in files or logs or results:
            found.append(path)
            below[:] = [name for name in below if name not in logs]
    return found


def _json(file: Path, problems: list[str]) -> Any:
    if not file.is_file():
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{file.name}: cannot be read ({error})")
        return None


def _classes(file: Path, problems: list[str]) -> ClassFigures | None:
    content = _json(file, problems)
    if content is None:
        return None
    try:
        return read_class_figures(content)
    except ValueError as error:
        problems.append(f"{file.name}: {error}")
        return None


def _config(path: Path, problems: list[str]) -> dict[str, Any]:
    dumps = sorted(path.glob("*/vis_data/config.py")) or sorted(path.glob("*.py"))
    if not dumps:
        return {}
    try:
        return read_config_dump(dumps[-1])
    except (OSError, ValueError) as error:
        problems.append(f"{dumps[-1].name}: {error}")
        return {}


def _curve(path: Path, problems: list[str]) -> tuple[Mapping[str, float], ...]:
    """All starts' lines in order; a line that a kill has cut is left out."""
    lines: dict[Any, Mapping[str, float]] = {}
    for file in sorted(path.glob("*/vis_data/scalars.json")):
        for text in file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                problems.append(f"{file.parent.parent.name}/scalars.json: a line is cut")
                continue
            if isinstance(line, dict):
                # A resumed run logs some steps again; the later line counts.
                lines[line.get("step"), "train/loss" in line or "loss" in line] = line
    return tuple(lines.values())
