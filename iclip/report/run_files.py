"""What one folder of a run holds, read without trust: what is damaged is a problem, no error."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from iclip.data_summary import DataSummary
from iclip.messages import counted, listing
from iclip.report.class_figures import ClassFigures, read_class_figures
from iclip.report.config_text import read_config_dump
from iclip.report.json_files import count, figures, is_number, read_json, shown
from iclip.report.results import Result, kind_of, read_results
from iclip.report.runs import Evaluation, Run

# What the hub writes under fixed names, and the names that its help proposes. Results are found by
# their content; a file of such a name whose content is something else is a problem.
NAMES = {
    "metrics.json": "metrics", "test_results.json": "tests", "provenance.json": "starts",
    "per_class.json": "classes", "test_per_class.json": "classes", "data.json": "data",
    "zeroshot*.json": "result", "retrieval*.json": "result", "probe*.json": "result",
}  # fmt: skip


def read_run(path: Path, name: str) -> Run:
    """Read what one folder holds; what is damaged becomes a problem, never an error."""
    problems: list[str] = []
    by_kind = _contents(path, problems)
    config, curve = _config(path, problems), _curve(path, problems)
    validation = _validation(by_kind["metrics"], problems)
    tests = [
        test
        for file, content in by_kind["tests"].items()
        for test in _tests(file, content, problems)
    ]
    starts = _starts(by_kind["starts"], problems)
    results: list[Result] = []
    for file, content in by_kind["result"].items():
        results += read_results(file, content, problems)
    if (config or curve) and validation is None and not tests:
        problems.append("metrics.json: not there; the run has not been validated yet")
    if (config or curve) and not starts and not tests:
        problems.append("provenance.json: not there; commit, command and hardware are unknown")
    classes, loader = _classes(by_kind["classes"], problems)
    return Run(
        path=path, name=name, config=config, validation=validation, tests=tuple(tests),
        starts=tuple(starts), curve=curve, results=tuple(results), classes=classes,
        classes_loader=loader, data=_data(by_kind["data"], problems),
        problems=tuple(problems),
    )  # fmt: skip


def _contents(path: Path, problems: list[str]) -> dict[str, dict[str, Any]]:
    """The JSON files of a folder, by what they are and by name; unreadable ones are problems."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in _SHAPES}
    for file in sorted(path.glob("*.json")):
        try:
            content = read_json(file)
        except ValueError as error:
            problems.append(f"{file.name}: {error}")
            continue
        kind = kind_of(content) or wanted_kind(file.name)
        if kind is None:
            continue
        shape, words = _SHAPES[kind]
        if isinstance(content, shape):
            found[kind][file.name] = content
        else:
            problems.append(f"{file.name}: holds {_words(content)}, not {words}")
    return found


# What a file of each kind is, and how a problem calls that.
_SHAPES: dict[str, tuple[type, str]] = {
    "metrics": (dict, "a run's figures"),
    "tests": (list, "a list of tests"),
    "starts": (list, "a list of starts"),
    "classes": (object, "figures of classes"),
    "data": (dict, "summaries of data sets"),
    "result": (dict, "a result of an evaluation"),
}


def _words(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"a mapping with {listing(list(map(str, content)), 4) or 'nothing'}"
    return f"a list of {len(content):,}" if isinstance(content, list) else shown(content)


def wanted_kind(name: str) -> str | None:
    """The kind of content that a file of this name should have; None for any other name."""
    return next((kind for pattern, kind in NAMES.items() if fnmatch(name, pattern)), None)


def _validation(files: Mapping[str, Any], problems: list[str]) -> Evaluation | None:
    """The validation that came last in training."""
    found = [_evaluation(file, content, problems) for file, content in files.items()]
    return max(found, key=lambda evaluation: evaluation.iteration, default=None)


def _tests(file: str, content: Sequence[Any], problems: list[str]) -> list[Evaluation]:
    found = []
    for position, entry in enumerate(content):
        if isinstance(entry, Mapping):
            found.append(_evaluation(f"{file}: test {position + 1}", entry, problems))
        else:
            problems.append(f"{file}: entry {position + 1} is {shown(entry)}, not a test")
    return found


def _starts(files: Mapping[str, Any], problems: list[str]) -> list[Mapping[str, Any]]:
    found = []
    for file, content in files.items():
        for position, entry in enumerate(content):
            if isinstance(entry, Mapping):
                found.append(entry)
            else:
                problems.append(f"{file}: entry {position + 1} is {shown(entry)}, not a start")
    return found


def _evaluation(place: str, record: Mapping[str, Any], problems: list[str]) -> Evaluation:
    measured = record.get("measured")
    checkpoint = record.get("checkpoint")
    measured = measured if isinstance(measured, Mapping) else None
    loader = (measured or {}).get("loader")
    return Evaluation(
        metrics=figures(record.get("metrics"), place, problems),
        loader=loader if isinstance(loader, str) else "val_dataloader",
        measured=measured,
        iteration=count(record.get("iteration")) or 0,
        samples_seen=count(record.get("samples_seen")) or 0,
        checkpoint=str(checkpoint.get("sha256") or "") if isinstance(checkpoint, Mapping) else "",
        record=record,
    )


def _classes(files: Mapping[str, Any], problems: list[str]) -> tuple[ClassFigures | None, str]:
    """A test's figures of the classes before the validation's."""
    for file in sorted(files, key=lambda name: not name.startswith("test")):
        try:
            found = read_class_figures(files[file])
        except ValueError as error:
            problems.append(f"{file}: {error}")
            continue
        return found, "test_dataloader" if file.startswith("test") else "val_dataloader"
    return None, "val_dataloader"


def _data(files: Mapping[str, Any], problems: list[str]) -> dict[str, DataSummary]:
    found = {}
    for file, content in files.items():
        for place, entry in content.items():
            try:
                summary = DataSummary.from_dict(entry)
                str(summary)  # what is of a wrong type shows here
            except (ValueError, TypeError, AttributeError) as error:
                problems.append(f"{file}: {place}: {error}")
            else:
                found[str(place)] = summary
    return found


def _config(path: Path, problems: list[str]) -> dict[str, Any]:
    """The dump of the last training: one of a test beside it has no scalars."""
    dumps = sorted(path.glob("*/vis_data/config.py"))
    trained = [dump for dump in dumps if dump.with_name("scalars.json").is_file()]
    chosen = trained or dumps or sorted(path.glob("*.py"))
    if not chosen:
        return {}
    try:
        return read_config_dump(chosen[-1])
    except (OSError, ValueError) as error:
        problems.append(f"{chosen[-1].name}: {error}")
        return {}


def _curve(path: Path, problems: list[str]) -> tuple[Mapping[str, float], ...]:
    """All starts' lines in order; what a kill has cut and what is not finite is left out."""
    lines: dict[Any, Mapping[str, float]] = {}
    for file in sorted(path.glob("*/vis_data/scalars.json")):
        cut, lost = 0, 0
        name = f"{file.parent.parent.name}/scalars.json"
        try:
            content = file.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            problems.append(f"{name}: cannot be read ({error.strerror})")
            continue
        for text in content.splitlines():
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                cut += 1
                continue
            if isinstance(line, dict):
                finite = {key: value for key, value in line.items() if is_number(value)}
                lost += sum(isinstance(v, float) and not is_number(v) for v in line.values())
                # A resumed run logs some steps again; the later line counts.
                lines[finite.get("step"), "train/loss" in line or "loss" in line] = finite
        if cut:
            problems.append(f"{name}: {counted(cut, 'line')} cut or damaged")
        if lost:
            problems.append(f"{name}: {counted(lost, 'logged figure')} not finite")
    return tuple(lines.values())
