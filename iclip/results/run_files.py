"""Results in a run's folder: its last validation, the tests of its checkpoints, and the classes.

``metrics.json`` is a training's last validation: ``iteration`` and ``samples_seen``, ``metrics`` by
name (null where a score is not finite), and ``measured``, how. ``test_results.json`` is a list of
tests of a checkpoint, each with the same and with ``tested``, ``command`` and ``checkpoint``.
``per_class.json`` and ``test_per_class.json`` hold :mod:`iclip.results.class_scores`. Where a run
keeps its best model, ``best_metrics.json`` and ``best_per_class.json`` are the files of its
validation.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.files.atomic import write_atomically
from iclip.results.json_values import (
    count,
    finite_numbers,
    mapping,
    mapping_or_empty,
    read_fields,
    read_json,
    texts,
)
from iclip.results.record import SCHEMA, Provenance, Result, SetResult, Settings

METRICS_FILE = "metrics.json"
TESTS_FILE = "test_results.json"
PER_CLASS_FILE = "per_class.json"
TEST_PER_CLASS_FILE = "test_per_class.json"
BEST_METRICS_FILE = "best_metrics.json"
BEST_PER_CLASS_FILE = "best_per_class.json"


def json_of_validation(result: Result) -> dict[str, Any]:
    """Return a validation in training as plain values."""
    settings = result.settings
    return {
        "schema": SCHEMA,
        "kind": result.kind,
        "tie_rule": result.tie_rule,
        "iteration": settings.iteration,
        "samples_seen": settings.samples_seen,
        "metrics": {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in result.metrics.items()
        },
        "measured": {
            "loader": settings.loader,
            "views": settings.views,
            **({"augmentation": settings.augmentation} if settings.augmentation else {}),
            **({"protocol": settings.protocol} if settings.protocol else {}),
            "precision": settings.precision,
            "processes": settings.processes,
            "data": [
                {"names": part.names, "samples": part.images, "place": part.place}
                for part in result.sets
                if part.images is not None
            ],
        },
    }


def json_of_test(result: Result) -> dict[str, Any]:
    """Return a test of a checkpoint as plain values."""
    sha256, origin = result.settings.checkpoint, result.provenance
    return {
        "tested": origin.date,
        "command": origin.command,
        "iclip_version": origin.version,
        "checkpoint": None if sha256 is None else {"file": origin.file, "sha256": sha256},
        **json_of_validation(result),
    }


def save_json(path: Path, content: Any) -> None:
    """Write a file, whole or not at all."""
    write_atomically(path, json.dumps(content, indent=1) + "\n")


def is_validation(content: object) -> bool:
    """Whether the content of a JSON file is a validation in training."""
    return (
        isinstance(content, Mapping)
        and "metrics" in content
        and bool(content.keys() & {"iteration", "samples_seen"})
        and "tested" not in content
    )


def is_test(content: object) -> bool:
    """Whether a JSON content is a test of a checkpoint."""
    return isinstance(content, Mapping) and {"tested", "metrics"} <= content.keys()


def read_run_result(place: str, content: Mapping[str, Any], problems: list[str]) -> Result:
    """Read a validation or a test.

    Args:
        place: The file's name, for the problems.
        content: As JSON holds it.
        problems: Receives what is wrong in it; the rest is read.
    """
    measured = content.get("measured")
    checkpoint = mapping_or_empty(content.get("checkpoint"))
    loader = mapping_or_empty(measured).get("loader")
    return read_fields(
        Result,
        content,
        sets=sets_of(
            finite_numbers(content.get("metrics"), place, problems),
            mapping_or_empty(measured).get("data"),
        ),
        settings=read_fields(
            Settings,
            measured,
            checkpoint=str(checkpoint.get("sha256") or "") or None,
            iteration=count(content.get("iteration")) or 0,
            samples_seen=count(content.get("samples_seen")) or 0,
            loader=loader if isinstance(loader, str) else "val_dataloader",
        ),
        provenance=Provenance(
            date=str(content.get("tested") or ""),
            command=str(content.get("command") or ""),
            version=str(content.get("iclip_version") or ""),
            file=str(checkpoint.get("file") or ""),
        ),
        recorded=isinstance(measured, Mapping),
    )


def sets_of(metrics: Mapping[str, float], data: Any) -> tuple[SetResult, ...]:
    """Assign each score to the data set whose name it begins with.

    Args:
        metrics: Scores by whole name.
        data: Per loader a mapping with ``names``, which its scores' names begin with, ``samples``
            and ``place``.

    Returns:
        One data set per loader, then one with the scores that belong to none of them. A single
        loader gets all scores.
    """
    loaders = [part for part in data if isinstance(part, Mapping)] if isinstance(data, list) else []
    names = [texts(part.get("names")) for part in loaders]
    # One dict per loader, and a last one for the scores that belong to none of them.
    scores: list[dict[str, float]] = [{} for _ in range(len(loaders) + 1)]
    rest = 0 if len(loaders) == 1 else len(loaders)
    for metric, value in metrics.items():
        start = metric.split("/")[0]
        owner = next((i for i, starts in enumerate(names) if start in starts), rest)
        scores[owner][metric] = value
    sets = [
        SetResult(
            names[i], scores[i], count(part.get("samples")),
            place=part["place"] if isinstance(part.get("place"), str) else None,
        )
        for i, part in enumerate(loaders)
    ]  # fmt: skip
    return (*sets, SetResult((), scores[-1])) if scores[-1] else tuple(sets)


def load_validation(file: Path) -> Result:
    """Read a run's last validation; scores that were not finite are left out.

    Raises:
        ValueError: The file is damaged, or holds something else; names it and says what to do.
    """
    problems: list[str] = []
    try:
        content = read_json(file)
        if not is_validation(content) or count(content.get("iteration")) is None:
            raise ValueError("it has no iteration, or no metrics")
        # Null stands for a score that was not finite.
        kept = {
            name: value
            for name, value in mapping(content["metrics"], "metrics", problems).items()
            if value is not None and not (isinstance(value, float) and not math.isfinite(value))
        }
        result = read_run_result("metrics", {**content, "metrics": kept}, problems)
        if problems:
            raise ValueError("; ".join(problems))
        return result
    except ValueError as error:
        raise ValueError(
            f"{file} does not hold a run's scores ({error}). Remove it, and let the run validate "
            "again: tools/train.py --resume, or tools/test.py"
        ) from error
