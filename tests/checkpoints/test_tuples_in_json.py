"""Values through JSON: what comes back is what was written, tuples included."""

import json
import math

import pytest

from iclip.checkpoints.tuples_in_json import from_json_values, to_json_values

VALUES = {"scale": (1333, (800, "x")), "list": [1, (), None, True], "x": 1.5, "inf": [math.inf]}


def through_json(value: object) -> object:
    return from_json_values(json.loads(json.dumps(to_json_values(value), allow_nan=False)))


def test_values_come_back():
    assert through_json(VALUES) == VALUES
    assert isinstance(through_json(VALUES)["scale"][1], tuple)  # type: ignore[index]


def test_number_that_is_none_comes_back():
    assert math.isnan(through_json([math.nan])[0])  # type: ignore[index]


@pytest.mark.parametrize(
    "value", [{"__tuple__": 3}, {"__tuple__": [], "x": 1}, {"__float__": "1e9"}, {"__float__": {}}]
)
def test_damaged_mark_is_told(value: object):
    with pytest.raises((ValueError, TypeError), match=r"mark|unhashable"):
        from_json_values([value])
