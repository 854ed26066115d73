"""What one folder of a run holds; what is damaged becomes a problem and not an error."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from iclip.data_summary import DataSummary
from iclip.files.config_dump import read_config_dump
from iclip.messages import counted, listing
from iclip.report.run import Run
from iclip.results import ClassScores, Result
from iclip.results.json_values import is_number, read_json, shown
from iclip.results.protocols import protocol_problem
from iclip.results.run_files import (
    BEST_METRICS_FILE,
    BEST_PER_CLASS_FILE,
    is_test,
    is_validation,
    read_run_result,
)
from iclip.results.tool_files import is_tool_result, read_result

VALIDATION, TESTS, STARTS = "validation", "tests", "starts"
CLASSES, DATA, RESULT = "classes", "data", "result"

# Fixed names, and names that the commands' help proposes. Files are recognized by their content; a
# file of such a name with another content is a problem.
NAMES = {
    "metrics.json": VALIDATION, "test_results.json": TESTS, "provenance.json": STARTS,
    "per_class.json": CLASSES, "test_per_class.json": CLASSES, "data.json": DATA,
    BEST_METRICS_FILE: VALIDATION, BEST_PER_CLASS_FILE: CLASSES,
    "zeroshot*.json": RESULT, "retrieval*.json": RESULT, "probe*.json": RESULT,
}  # fmt: skip
# The type of the content of each kind of file, and what a problem calls that content.
_SHAPES: dict[str, tuple[type, str]] = {
    VALIDATION: (dict, "a run's scores"),
    TESTS: (list, "a list of tests"),
    STARTS: (list, "a list of starts"),
    CLASSES: (object, "scores of classes"),
    DATA: (dict, "summaries of data sets"),
    RESULT: (dict, "a result of an evaluation"),
}
Files = Mapping[str, Any]
"""Contents of the files of one kind, by name."""


def read_run(path: Path, name: str) -> Run:
    """Read a folder; what is damaged becomes a problem of the run."""
    problems: list[str] = []
    config = _config(path, problems)
    config_problem = "".join(problems)
    files, curve = _contents(path, problems), _curve(path, problems)
    validation = _validation(files[VALIDATION], problems)
    tests = tuple(_tests(files[TESTS], problems))
    starts = tuple(entry for _, entry in _entries(files[STARTS], "start", problems))
    results = {file: read_result(file, c, problems) for file, c in files[RESULT].items()}
    problems += [
        f"{file}: not evaluated: {line}"
        for file, result in results.items()
        for line in result.not_there
    ]
    if (config or curve) and validation is None and not tests:
        problems.append("metrics.json: not there; the run has not been validated yet")
    if (config or curve) and not starts and not tests:
        problems.append("provenance.json: not there; commit, command and hardware are unknown")
    if (problem := protocol_problem(config.get("protocol"))) is not None:
        problems.append(problem)
    return Run(
        path=path, name=name, config=config, validation=validation, tests=tests, starts=starts,
        curve=curve, results=results, classes=_classes(files[CLASSES], problems),
        data=_data(files[DATA], problems), problems=tuple(problems), config_problem=config_problem,
    )  # fmt: skip


def kind_of(content: Any) -> str | None:
    """Tell by its content what a JSON file is; None for another."""
    if isinstance(content, list):
        if any(map(is_test, content)):
            return TESTS
        has_start = any(isinstance(entry, Mapping) and "started" in entry for entry in content)
        return STARTS if has_start else None
    if not isinstance(content, Mapping):
        return None
    tellers: dict[str, Callable[[Mapping[str, Any]], bool]] = {
        VALIDATION: is_validation,
        TESTS: is_test,
        RESULT: is_tool_result,
        CLASSES: lambda content: {"classes", "metric"} <= content.keys(),
        DATA: _is_data,
    }
    return next((kind for kind, tells in tellers.items() if tells(content)), None)


def wanted_kind(name: str) -> str | None:
    """Tell the kind of content that a file of this name should have; None for any other name."""
    return next((kind for pattern, kind in NAMES.items() if fnmatch(name, pattern)), None)


def _is_data(content: Mapping[str, Any]) -> bool:
    summaries = [entry for entry in content.values() if isinstance(entry, Mapping)]
    return bool(summaries) and all({"reader", "place"} <= entry.keys() for entry in summaries)


def _contents(path: Path, problems: list[str]) -> dict[str, dict[str, Any]]:
    """Read the JSON files of a folder, by kind and by name; unreadable ones are problems."""
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
        if kind == TESTS and is_test(content):
            content = [content]  # of tools/test.py --json
        shape, words = _SHAPES[kind]
        if isinstance(content, shape):
            found[kind][file.name] = content
        else:
            problems.append(f"{file.name}: holds {_words(content)}, not {words}")
    return found


def _words(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"a mapping with {listing(list(map(str, content)), 4) or 'nothing'}"
    return f"a list of {len(content):,}" if isinstance(content, list) else shown(content)


def _validation(files: Files, problems: list[str]) -> Result | None:
    """Read the validation of the best model, or the one that came last in training."""
    found = {file: read_run_result(file, content, problems) for file, content in files.items()}
    last = max(found.values(), key=lambda result: result.settings.iteration, default=None)
    return found.get(BEST_METRICS_FILE, last)


def _tests(files: Files, problems: list[str]) -> Iterator[Result]:
    """Read each test once: --json of tools/test.py repeats what its run's folder holds."""
    seen: list[Result] = []
    for place, entry in _entries(files, "test", problems):
        test = read_run_result(place, entry, problems)
        if test not in seen:
            seen.append(test)
            yield test


def _entries(
    files: Files, thing: str, problems: list[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Walk through lists of mappings, each entry with its place."""
    for file, content in files.items():
        for number, entry in enumerate(content, start=1):
            if isinstance(entry, Mapping):
                yield f"{file}: {thing} {number}", entry
            else:
                problems.append(f"{file}: entry {number} is {shown(entry)}, not a {thing}")


def _classes(files: Files, problems: list[str]) -> ClassScores | None:
    """Read a test's scores of the classes, or else the validation's, the best model's first."""
    found = []
    for file, content in sorted(files.items(), key=lambda item: item[0] != BEST_PER_CLASS_FILE):
        try:
            scores = ClassScores.from_json(content)
        except ValueError as error:
            problems.append(f"{file}: {error}")
            continue
        # Early versions told the loader by the name of the file alone.
        loader = "test_dataloader" if file.startswith("test") else "val_dataloader"
        found.append(replace(scores, loader=scores.loader or loader))
    return min(found, key=lambda scores: scores.loader != "test_dataloader", default=None)


def _data(files: Files, problems: list[str]) -> dict[str, DataSummary]:
    found = {}
    for file, content in files.items():
        for place, entry in content.items():
            try:
                summary = DataSummary.from_dict(entry)
                str(summary)  # values of a wrong type raise here
            except (ValueError, TypeError, AttributeError) as error:
                problems.append(f"{file}: {place}: {error}")
            else:
                found[str(place)] = summary
    return found


def _config(path: Path, problems: list[str]) -> dict[str, Any]:
    """Read the config that the last training dumped; a test's dump has no scalars beside it."""
    # Each start has a folder that is named by its time, so the last one is the newest.
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
    """Read the log lines of all starts in order; what is damaged or not finite is counted."""
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
                # A resumed run logs some steps again; the later line replaces the earlier one. At
                # one step there may be a line of training and a line of validation.
                lines[finite.get("step"), "train/loss" in line or "loss" in line] = finite
        if cut:
            problems.append(f"{name}: {counted(cut, 'line')} cut or damaged")
        if lost:
            problems.append(f"{name}: {counted(lost, 'logged value')} not finite")
    return tuple(lines.values())
