"""Result files of zero-shot classification, retrieval, probes and word maps: JSON objects.

``schema`` and ``kind`` say what a file is, ``settings`` what its data sets share, ``results`` what
was measured on each, and ``metrics`` all scores in percent, for tables. Files of
``iclip.result/1`` and older ones without a schema are read as well.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from iclip.files.atomic import write_atomically
from iclip.results.class_scores import ClassScores
from iclip.results.details import Classification, Probe, Retrieval, Unread, UnreadImages, WordMaps
from iclip.results.json_values import (
    is_number,
    mapping,
    mapping_or_empty,
    read_fields,
    read_json,
    shown,
    texts,
)
from iclip.results.record import (
    PROBE,
    RETRIEVAL,
    SCHEMA,
    TOOL_KINDS,
    WORD_MAPS,
    ZERO_SHOT,
    Provenance,
    Result,
    SetResult,
)

SCHEMAS = ("iclip.result/1", SCHEMA)
# Names of scores under the former key ``metric``, and how the names end today.
SCORE_NAMES = {"top-1": "top1", "mean per class": "mean_per_class", "11-point mAP": "map_11_point"}
METRIC_NAMES = {name: metric for metric, name in SCORE_NAMES.items()}

_DETAILS: dict[str, type[Classification | Retrieval | Probe | WordMaps]] = {
    ZERO_SHOT: Classification, RETRIEVAL: Retrieval, PROBE: Probe, WORD_MAPS: WordMaps,
}  # fmt: skip
# Fields of a SetResult that have another place in a file, or none.
_ELSEWHERE = {"names", "scores", "place", "detail", "per_class"}
# Settings that are known of runs only.
_OF_RUNS = {"iteration", "loader", "views", "augmentation", "processes", "protocol"}


def save_result(path: Path, result: Result) -> None:
    """Write a result file, whole or not at all; folders are made."""
    assert result.kind in TOOL_KINDS, result.kind
    content = {
        "schema": SCHEMA,
        "kind": result.kind,
        "model": result.model,
        "settings": {
            **{key: v for key, v in asdict(result.settings).items() if key not in _OF_RUNS},
            "iclip_version": result.provenance.version,
        },
        **({"suite": result.suite} if result.suite else {}),
        "tie_rule": result.tie_rule,
        "provenance": {"date": result.provenance.date, "command": result.provenance.command},
        "results": {part.name: _entry(part) for part in result.sets},
        "missing": list(result.not_there),
        "metrics": result.metrics,
    }
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def load_result(path: Path) -> Result:
    """Read a result file.

    Raises:
        ValueError: The file cannot be read, is not a result or is damaged; the message names the
            file and the place.
    """
    problems: list[str] = []
    try:
        content = read_json(path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not is_tool_result(content):
        raise ValueError(f"{path} is not a result of {', '.join(TOOL_KINDS)}")
    result = read_result(str(path), content, problems)
    if problems:
        raise ValueError("; ".join(problems))
    return result


def is_tool_result(content: object) -> bool:
    """Whether the content of a JSON file is a result of an evaluation tool."""
    return isinstance(content, Mapping) and (
        content.get("schema") in SCHEMAS or _kind_without_schema(content) is not None
    )


def read_result(place: str, content: Mapping[str, Any], problems: list[str]) -> Result:
    """Read the content of a result file.

    Args:
        place: The file's name, for the problems.
        content: As JSON holds it.
        problems: Receives what is wrong in it; the rest is read.
    """
    recorded = content.get("schema") in SCHEMAS
    kind = str(content.get("kind") if recorded else _kind_without_schema(content))
    version = str(mapping_or_empty(content.get("settings")).get("iclip_version") or "")
    return read_fields(
        Result,
        content,
        kind=kind,
        sets=tuple(
            _read_set(f"{place}: {name}", kind, name, entry, problems)
            for name, entry in _entries(place, kind, content, problems)
        ),
        provenance=read_fields(Provenance, content.get("provenance"), version=version),
        not_there=texts(content.get("missing")),
        recorded=recorded,
    )


def _kind_without_schema(content: Mapping[str, Any]) -> str | None:
    """Find the kind of a file that was written before there was a schema."""
    if "results" in content:
        entries = mapping_or_empty(content["results"]).values()
        has_value = any(isinstance(entry, Mapping) and "value" in entry for entry in entries)
        return ZERO_SHOT if has_value or content.keys() & {"suite", "model"} else None
    if "recall" in content and content.keys() & {"dataset", "model"}:
        return RETRIEVAL
    return PROBE if {"probe", "few_shot"} <= content.keys() else None


def _entries(
    place: str, kind: str, content: Mapping[str, Any], problems: list[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the data sets with their names; a file without a schema may hold one without a name."""
    if "results" in content or kind == ZERO_SHOT:
        results = mapping(content.get("results"), f"{place}: results", problems)
        for name, entry in results.items():
            yield str(name), mapping(entry, f"{place}: {name}", problems)
    elif kind == RETRIEVAL:
        yield str(content.get("dataset") or RETRIEVAL), content
    else:
        yield str(content.get("test") or PROBE), content


def _entry(part: SetResult) -> dict[str, Any]:
    """Return a data set's result as plain values: its fields, and those of its detail."""
    content = {key: value for key, value in asdict(part).items() if key not in _ELSEWHERE}
    content = {"scores": part.short_scores, **content}
    if part.detail is not None:
        content |= _former_keys(part) | asdict(part.detail)
    if part.per_class is not None:
        content["per_class"] = part.per_class.to_json()
    return content


def _former_keys(part: SetResult) -> dict[str, Any]:
    """Return the scores under the keys of ``iclip.result/1``, which other programs may read."""
    if isinstance(part.detail, WordMaps):
        return {}  # younger than the version
    if isinstance(part.detail, Retrieval):
        return {"metric": "recall", "recall": part.short_scores}
    name, value = next(iter(part.short_scores.items()))
    return {"metric": METRIC_NAMES.get(name, "top-1"), "value": value}


def _read_set(
    place: str, kind: str, name: str, entry: Mapping[str, Any], problems: list[str]
) -> SetResult:
    percents = _percents(place, kind, entry, problems)
    part = read_fields(
        SetResult,
        entry,
        names=(name,),
        scores={f"{name}/{score}": value for score, value in percents},
        place=None,
        detail=read_fields(_DETAILS.get(kind, Classification), entry),
        per_class=_read_per_class(place, entry, problems),
    )
    # Before there was a schema, `broken` was a list of the broken images' names.
    broken = entry.get("broken")
    if isinstance(broken, list):
        return replace(part, unread=UnreadImages(broken=Unread.of(texts(broken))))
    return part


def _percents(
    place: str, kind: str, entry: Mapping[str, Any], problems: list[str]
) -> Iterator[tuple[str, float]]:
    """Yield the scores of a data set; what is not a percentage is a problem."""
    found = entry.get("scores")
    scores = found if isinstance(found, Mapping) else _former_scores(place, kind, entry, problems)
    for name, value in scores.items():
        if is_number(value) and 0 <= value <= 100:
            yield str(name), float(value)
        else:
            problems.append(f"{place}: {name} is {shown(value)}, not a percentage")


def _former_scores(
    place: str, kind: str, entry: Mapping[str, Any], problems: list[str]
) -> Mapping[str, Any]:
    """Return the scores of ``iclip.result/1`` and older files, by their names today."""
    if kind == RETRIEVAL:
        return mapping(entry.get("recall"), f"{place}: recall", problems)
    if kind == PROBE:
        probe = mapping_or_empty(entry.get("probe"))
        shots = mapping_or_empty(entry.get("few_shot"))
        return {
            "linear_probe": entry.get("value", probe.get("top1")),
            **{f"{k}_shots": mapping_or_empty(drawn).get("mean") for k, drawn in shots.items()},
        }
    metric = str(entry.get("metric") or "top-1")
    return {SCORE_NAMES.get(metric, metric): entry.get("value")}


def _read_per_class(
    place: str, entry: Mapping[str, Any], problems: list[str]
) -> ClassScores | None:
    """Read the scores of the classes; in version 1, they follow from the confusion."""
    try:
        if entry.get("per_class") is not None:
            return ClassScores.from_json(entry["per_class"])
        if entry.get("confusion") is not None:
            return ClassScores.from_named_confusion(entry["confusion"])
    except ValueError as error:
        problems.append(f"{place}: classes not drawn: {error}")
    return None
