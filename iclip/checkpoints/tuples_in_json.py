"""Plain values as JSON holds them: tuples stay tuples, and numbers that are not finite have names.

A config's tuples matter: transforms of the frameworks take a size as a tuple, and a list is another
thing to them.
"""

import math
from collections.abc import Mapping
from typing import Any

_TUPLE, _FLOAT = "__tuple__", "__float__"


def to_json_values(value: Any) -> Any:
    """Mark tuples and numbers that are not finite; :func:`from_json_values` undoes it."""
    if isinstance(value, Mapping):
        return {str(key): to_json_values(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return {_TUPLE: [to_json_values(entry) for entry in value]}
    if isinstance(value, list):
        return [to_json_values(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {_FLOAT: str(value)}
    return value


def from_json_values(value: Any) -> Any:
    """Return the values that :func:`to_json_values` was given.

    Raises:
        ValueError: A mark holds what it cannot.
    """
    if isinstance(value, list):
        return [from_json_values(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_TUPLE} and isinstance(value[_TUPLE], list):
        return tuple(from_json_values(entry) for entry in value[_TUPLE])
    if value.keys() == {_FLOAT} and value[_FLOAT] in ("nan", "inf", "-inf"):
        return float(value[_FLOAT])
    if value.keys() & {_TUPLE, _FLOAT}:
        raise ValueError(f"it holds a mark with another content: {str(value)[:60]}")
    return {key: from_json_values(entry) for key, entry in value.items()}
