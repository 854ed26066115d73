"""What a config expects of its runs: read, or refused with what it takes."""

import re
from pathlib import Path
from typing import Any

import pytest

from iclip.results.expected import ExpectedScore, read_expected
from tests.support.source_imports import REPO, python_files


def test_the_three_forms_are_read():
    found = read_expected({
        "expected": {
            "lvis/AP": {"runs": (52.9, 52.3, 55.8), "images": 150},
            "lvis/APr": {"value": 47, "tolerance": 17.7, "iterations": 250},
            "mIoU": {"value": 32.2, "spread": [0.4, 3]},
        }
    })  # fmt: skip
    assert found == (
        ExpectedScore("lvis/AP", (52.9, 52.3, 55.8), images=150),
        ExpectedScore("lvis/APr", (47.0,), 17.7, iterations=250),
        ExpectedScore("mIoU", (32.2,), spread=(0.4, 3)),
    )


@pytest.mark.parametrize("config", [{}, {"expected": None}, {"expected": {}}, {"model": 1}])
def test_a_config_may_expect_nothing(config: dict[str, Any]):
    assert read_expected(config) == ()


ONE = {"value": 50.0, "tolerance": 1.0}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"value": 50.0, "tolerancee": 1.0}, "has the key tolerancee: is tolerance meant?"),
        ({"value": 50.0}, "has value; it takes value and tolerance, value and spread, or runs"),
        ({}, "has no key; it takes value"),
        ({**ONE, "runs": (1, 2)}, "has value, tolerance, runs; it takes"),
        ({**ONE, "value": "50"}, r"\['value'\] is '50'; it takes a number of percent"),
        ({**ONE, "value": 101}, r"\['value'\] is 101; it takes a number of percent"),
        ({**ONE, "tolerance": -1}, r"\['tolerance'\] is -1; it takes a number of percent"),
        ({**ONE, "tolerance": float("nan")}, r"\['tolerance'\] is nan"),
        ({**ONE, "tolerance": True}, r"\['tolerance'\] is True"),
        ({**ONE, "images": 0}, r"\['images'\] is 0; it takes a whole number from 1 up"),
        ({**ONE, "iterations": 2.5}, r"\['iterations'\] is 2.5; it takes a whole number"),
        ({"runs": (1.0,)}, r"\['runs'\] is \(1.0,\); it takes the scores of two runs or more"),
        ({"runs": "1, 2"}, r"\['runs'\] is '1, 2'; it takes the scores of two runs or more"),
        ({"runs": (1.0, None)}, r"\['runs'\] is null; it takes a number of percent"),
        ({"value": 1, "spread": 1.4}, r"\['spread'\] is 1.4; it takes a deviation"),
        ({"value": 1, "spread": (1.4, 1)}, r"\['spread'\] is \(1.4, 1\); it takes a deviation"),
        ({"value": 1, "spread": (-1, 3)}, r"\['spread'\] is -1; it takes a number of percent"),
        (50.0, r"is 50.0; it takes dict\(value=..., tolerance=...\)"),
    ],
)
def test_a_malformed_entry_is_named(entry: Any, words: str):
    with pytest.raises(ValueError, match=rf"expected\['a/b'\] ?{words}|expected\['a/b'\]{words}"):
        read_expected({"expected": {"a/b": entry}})


def test_what_is_not_a_mapping_is_refused():
    with pytest.raises(ValueError, match=r"expected is 50\.0; it takes scores by name"):
        read_expected({"expected": 50.0})


@pytest.mark.parametrize("name", ["exppected", "expect_ed", "expecteds"])
def test_a_misspelt_setting_is_an_error(name: str):
    with pytest.raises(
        ValueError, match=f"the config has {name}, which nothing reads; is expected"
    ):
        read_expected({name: {"mIoU": ONE}})


SHIPPED = {path.resolve(): path.read_text() for path in python_files("configs", "downstream")}


def stated(path: Path) -> bool:
    """Whether a config, or the nearest one that it inherits and that says it, expects scores."""
    text = SHIPPED.get(path, "")  # a framework's own config is none of these
    own = re.search(r"^expected = (\{|None)", text, re.MULTILINE)
    if own:
        return own[1] == "{"
    bases = re.search(r"^_base_ = (\[[^]]*\]|\"[^\"]*\")", text, re.MULTILINE)
    named = re.findall(r'"([^":]+\.py)"', bases[1]) if bases else []
    return any(stated((path.parent / name).resolve()) for name in named)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(REPO)))
def test_no_shipped_config_expects_what_another_one_has_reached(path: Path):
    assert not stated(path) or re.search(r"^expected = \{", SHIPPED[path], re.MULTILINE), (
        "its _base_ expects scores: write `expected = None`, or what was measured with this config"
    )
