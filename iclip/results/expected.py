"""Scores that a config expects of its runs, which ``iclip report --check`` compares with.

In a config::

    expected = {
        "lvis/AP": dict(runs=(52.9, 52.3, 55.8), images=150),
        "lvis/APr": dict(value=47.3, tolerance=17.7),
        "lvis/APc": dict(value=57.9, spread=(1.9, 3)),
    }

Values are in percent. ``runs`` are the scores of equal runs, whose mean and spread give value and
tolerance; ``spread`` is a deviation that was measured elsewhere, and on how many runs. ``images``
is the number of samples that the score counts, ``iterations`` how far the model was trained. A
config that inherits another's and differs in its outcome writes ``expected = None``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from iclip.messages import listing
from iclip.results.json_values import count, is_number, shown

SETTING = "expected"
# An entry has one of these groups of keys, and may have the others.
_GROUPS = (("value", "tolerance"), ("value", "spread"), ("runs",))
_NUMBERS = ("images", "iterations")
_KEYS = ("value", "tolerance", "spread", "runs", *_NUMBERS)


@dataclass(frozen=True)
class ExpectedScore:
    """What a config expects of a score.

    Attributes:
        metric: The score's whole name, such as ``lvis/AP``.
        values: Scores of equal runs in percent, or one value.
        tolerance: How far a score may lie from the value; None where a spread tells.
        spread: Deviation of runs in percent and their number, measured elsewhere; None otherwise.
        images: Number of samples that the score counts; None if any is accepted.
        iterations: Iterations that the model was trained for; None if any is accepted.
    """

    metric: str
    values: tuple[float, ...]
    tolerance: float | None = None
    spread: tuple[float, int] | None = None
    images: int | None = None
    iterations: int | None = None


def read_expected(config: Mapping[str, Any]) -> tuple[ExpectedScore, ...]:
    """Read what a config expects; nothing where it says nothing, or None.

    Raises:
        ValueError: The setting is malformed, or probably misspelt; the message names it.
    """
    found = config.get(SETTING)
    if found is None:
        _refuse_misspelt(config)
        return ()
    if not isinstance(found, Mapping):
        raise ValueError(
            f"{SETTING} is {shown(found)}; it takes scores by name, such as "
            '{"lvis/AP": dict(value=53.7, tolerance=9.3)}'
        )
    return tuple(_read_entry(str(metric), entry) for metric, entry in found.items())


def _refuse_misspelt(config: Mapping[str, Any]) -> None:
    others = [str(key) for key in config if key != SETTING]
    near = get_close_matches(SETTING, others, n=1, cutoff=0.8)
    if near:
        raise ValueError(f"the config has {near[0]}, which nothing reads; is {SETTING} meant?")


def _read_entry(metric: str, entry: Any) -> ExpectedScore:
    place = f"{SETTING}[{metric!r}]"
    if not isinstance(entry, Mapping):
        raise ValueError(f"{place} is {shown(entry)}; it takes dict(value=..., tolerance=...)")
    for key in entry:
        if key not in _KEYS:
            near = get_close_matches(str(key), _KEYS, n=1)
            meant = f"is {near[0]} meant? " if near else ""
            raise ValueError(f"{place} has the key {key}: {meant}There are {listing(_KEYS)}")
    if tuple(key for key in _KEYS if key in entry and key not in _NUMBERS) not in _GROUPS:
        raise ValueError(
            f"{place} has {listing(list(map(str, entry))) or 'no key'}; it takes value and "
            "tolerance, value and spread, or runs"
        )
    images, iterations = (_read_count(f"{place}[{key!r}]", entry.get(key)) for key in _NUMBERS)
    if "runs" in entry:
        runs = _read_runs(place, entry["runs"])
        return ExpectedScore(metric, runs, images=images, iterations=iterations)
    value = _read_percent(f"{place}['value']", entry["value"])
    if "spread" in entry:
        spread = _read_spread(place, entry["spread"])
        return ExpectedScore(metric, (value,), None, spread, images, iterations)
    tolerance = _read_percent(f"{place}['tolerance']", entry["tolerance"])
    return ExpectedScore(metric, (value,), tolerance, None, images, iterations)


def _read_spread(place: str, value: Any) -> tuple[float, int]:
    if not isinstance(value, list | tuple) or len(value) != 2 or (count(value[1]) or 0) < 2:
        raise ValueError(
            f"{place}['spread'] is {shown(value)}; it takes a deviation in percent and on how many "
            "runs it was measured, 2 or more, such as (1.4, 3)"
        )
    return _read_percent(f"{place}['spread']", value[0]), value[1]


def _read_runs(place: str, values: Any) -> tuple[float, ...]:
    if not isinstance(values, list | tuple) or len(values) < 2:
        raise ValueError(
            f"{place}['runs'] is {shown(values)}; it takes the scores of two runs or more"
        )
    return tuple(_read_percent(f"{place}['runs']", value) for value in values)


def _read_percent(place: str, value: Any) -> float:
    if not is_number(value) or not 0 <= value <= 100:
        raise ValueError(f"{place} is {shown(value)}; it takes a number of percent, from 0 to 100")
    return float(value)


def _read_count(place: str, value: Any) -> int | None:
    if value is not None and not count(value):
        raise ValueError(f"{place} is {shown(value)}; it takes a whole number from 1 up")
    return value
