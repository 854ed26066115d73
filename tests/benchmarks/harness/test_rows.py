"""Medians and spreads of rounds."""

import json
import math

import pytest

from iclip.benchmarks.harness.rows import Quantity, Result, Row


def test_median_and_spread_of_rounds():
    """Of 1, 2, 3, 4, 10 the quartiles are 2 and 4, and the median is 3."""
    quantity = Quantity((10.0, 1.0, 4.0, 2.0, 3.0), "s")
    assert quantity.median == 3.0
    assert quantity.spread == pytest.approx(2 / 3)


@pytest.mark.parametrize("values", [(1.0,), (1.0, 2.0), (0.0, 0.0, 0.0)])
def test_few_rounds_have_no_spread(values: tuple[float, ...]):
    assert Quantity(values).spread is None


def test_json_holds_all_rounds_and_texts():
    row = Row({"case": "a", "time": Quantity((1.0, math.inf), "s")}, "maps")
    result = Result("tools/benchmark.py x", {"cores": 2}, {"maps": ("case", "time")}, [row])
    found = json.loads(json.dumps(result.as_json()))
    assert found["machine"] == {"cores": 2}
    cells = {"case": "a", "time": {"values": [1.0, math.inf], "unit": "s"}}
    assert found["rows"] == [{"table": "maps", "cells": cells}]
