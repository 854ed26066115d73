"""The short form; runs and evaluations side by side are tested with what they share as well."""

import random
from pathlib import Path

import pytest

from tests.chaos.catalog import SCENARIOS
from tests.chaos.side_by_side import several_indexers
from tests.chaos.trial import Trial, Variant


def test_four_indexers_leave_the_indices_of_one(tmp_path: Path) -> None:
    trial = Trial(tmp_path, Variant(), tmp_path / "reference")
    assert not several_indexers(trial, random.Random(0)).lost
    # A second round compares with the same indices; one that differs is named.
    first, *_ = sorted((tmp_path / "indexed" / "alone").iterdir())
    first.write_bytes(b"another")
    second = Trial(tmp_path / "second", Variant(), tmp_path / "reference")
    assert several_indexers(second, random.Random(0)).lost == first.name


@pytest.mark.parametrize("name", ["runs", "evaluations", "indexers"])
def test_scenarios_are_in_the_long_form(name: str) -> None:
    assert SCENARIOS[name].variants == (Variant(),)
