"""Damaged values become problems in words, or empty."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from iclip.results import json_values
from iclip.results.json_values import (
    count,
    finite_numbers,
    is_number,
    mapping,
    read_fields,
    read_json,
    shown,
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", r"cannot be read \(Expecting property name"),
        (b"\xff\xfe\xfa", r"cannot be read \(starts with the mark of utf-16"),
        (b"[" * 100_000, "cannot be read: nested too deeply"),
    ],
    ids=["damaged", "not text", "nested"],
)
def test_an_unreadable_file_is_told_without_its_path(content: bytes, told: str, tmp_path: Path):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ValueError, match=told) as raised:
        read_json(tmp_path / "x.json")
    assert str(tmp_path) not in str(raised.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_values, "MAX_BYTES", 1 << 20)
    (tmp_path / "x.json").write_text(json.dumps("x" * (1 << 20)))
    with pytest.raises(ValueError, match=r"^not read: larger than 1 MiB$"):
        read_json(tmp_path / "x.json")


@pytest.mark.parametrize("value", [0, -2.5, 10**200])
def test_finite_numbers_are_numbers(value: float):
    assert is_number(value)


@pytest.mark.parametrize("value", [True, None, "1", math.nan, math.inf, 10**400, [1]])
def test_anything_else_is_not_a_number(value: object):
    assert not is_number(value)


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (7, 7), (-1, None), (1.0, None), (True, None), ("1", None)]
)
def test_a_number_of_things_is_a_whole_one_from_0(value: object, expected: int | None):
    assert count(value) == expected


def test_numbers_are_kept_and_each_other_value_is_a_problem():
    problems: list[str] = []
    found = finite_numbers({"a": 1, "b": None, "c": "high", "d": 2.5}, "metrics", problems)
    assert found == {"a": 1.0, "d": 2.5}
    assert problems == [
        "metrics: b is null, not a finite number",
        "metrics: c is 'high', not a finite number",
    ]


def test_what_is_not_a_mapping_is_a_problem_and_empty():
    problems: list[str] = []
    assert mapping([1], "settings", problems) == {}
    assert problems == ["settings: [1] stands where a mapping should"]


@pytest.mark.parametrize("length", [58, 59, 1000])
def test_a_shown_value_has_at_most_60_letters(length: int):
    words = shown("x" * length)
    assert words == f"'{'x' * length}'" if length + 2 <= 60 else words.endswith("x...")
    assert len(words) <= 60


@dataclass(frozen=True)
class Part:
    name: str = ""
    number: int = 0


@dataclass(frozen=True)
class Whole:
    text: str | None = None
    share: float = math.nan
    views: tuple[int, int] | None = None
    names: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    part: Part = field(default_factory=Part)
    parts: Mapping[str, Part] = field(default_factory=dict)


def test_fields_are_read_by_their_names_and_types():
    content = {
        "text": "a", "share": 1, "views": [4, 3], "names": ["x", 1], "values": [1, "y", 2.5],
        "part": {"name": "p", "number": 2}, "parts": {"q": {"number": 3}}, "other": 1,
    }  # fmt: skip
    expected = Whole("a", 1.0, (4, 3), ("x", "1"), (1, 2.5), Part("p", 2), {"q": Part("", 3)})
    assert read_fields(Whole, content) == expected


@pytest.mark.parametrize("wrong", [[], "x", -1, {"a": 1}, None, True])
def test_fields_of_other_types_are_empty(wrong: Any):
    keys = ("share", "views", "values")
    found = read_fields(Whole, dict.fromkeys(keys, wrong) | {"part": 3, "parts": 3, "names": 3})
    assert math.isnan(found.share) == (wrong != -1)
    assert (found.views, found.values, found.names) == (None, (), ())
    assert (found.part, found.parts) == (Part(), {})


def test_known_fields_are_not_read():
    assert read_fields(Part, {"name": "a", "number": 1}, name="b") == Part("b", 1)
