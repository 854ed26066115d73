"""The short form of the fuzzers: the same inputs each time."""

import warnings
from pathlib import Path

import pytest

from tests.fuzz.target import Hang, Target, at_most, read_or_refuse, try_inputs
from tests.fuzz.targets import TARGETS

# Inputs that take about two seconds.
SHORT = 60


@pytest.mark.parametrize("name", TARGETS)
def test_nearly_right_input_is_read_or_refused(name: str, tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's and numpy's, about the damage
        assert try_inputs(TARGETS[name], tmp_path, SHORT) >= SHORT // 2


def test_error_that_is_not_the_hubs_is_a_fault():
    with pytest.raises(ValueError, match="invalid literal"):
        read_or_refuse(lambda: int("x"))


def test_fault_ends_the_search(tmp_path: Path):
    from hypothesis import strategies as st

    def run(value: int, _: Path) -> None:
        assert value < 5

    with pytest.raises(AssertionError):
        try_inputs(Target("x", st.integers(0, 100), run), tmp_path, 200)


def test_input_that_takes_too_long_is_a_fault():
    with pytest.raises(Hang), at_most(1):
        while True:
            pass
