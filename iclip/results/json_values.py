"""Values of JSON files that may be damaged: what is wrong becomes a problem in words."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from iclip.files.text import read_text

T = TypeVar("T")

# 64 MiB. A larger file is not a result.
MAX_BYTES = 64 << 20


def read_json(file: Path) -> Any:
    """Read a file.

    Raises:
        ValueError: It cannot be read, or is not JSON; says why, without the file's path.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValueError(f"not read: larger than {MAX_BYTES >> 20} MiB")
        return json.loads(read_text(file))
    except RecursionError as error:
        raise ValueError("cannot be read: nested too deeply") from error
    except (OSError, ValueError) as error:
        reason = str(error).replace(f"{file} ", "").splitlines()[0]
        raise ValueError(
            reason if reason.startswith("not read") else f"cannot be read ({reason})"
        ) from error


def mapping(value: Any, place: str, problems: list[str]) -> Mapping[str, Any]:
    """Return a mapping as it is; anything else is a problem and becomes an empty one."""
    if isinstance(value, Mapping):
        return value
    problems.append(f"{place}: {shown(value)} stands where a mapping should")
    return {}


def mapping_or_empty(value: Any) -> Mapping[str, Any]:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def finite_numbers(value: Any, place: str, problems: list[str]) -> dict[str, float]:
    """Return the finite numbers of a mapping; whatever else is in it is a problem.

    Args:
        value: Scores by name.
        place: Where they stand, for the problems.
        problems: Receives what is wrong.
    """
    found: dict[str, float] = {}
    for name, number in mapping(value, place, problems).items():
        if is_number(number):
            found[str(name)] = float(number)
        else:
            problems.append(f"{place}: {name} is {shown(number)}, not a finite number")
    return found


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; True and False are not."""
    # math.isfinite raises an error for an int beyond float's range, which ends at 1.8e308.
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and math.isfinite(value)
    )


def count(value: Any) -> int | None:
    """Return a number of things, and None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, and none for anything else."""
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def shown(value: Any) -> str:
    """Show a value in a message: short, and null as JSON spells it."""
    words = "null" if value is None else repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."


def read_fields(cls: type[T], content: Any, **known: Any) -> T:
    """Build a dataclass from a mapping with its fields' names as keys.

    Args:
        cls: A dataclass whose fields have types of `_CONVERTERS`, or are such dataclasses or
            mappings to these.
        content: The mapping. What is absent or of another type becomes empty or None.
        **known: Values of fields that are not read from the content.
    """
    hints = get_type_hints(cls)
    found = mapping_or_empty(content)
    names = [field.name for field in fields(cls) if field.name not in known]  # type: ignore[arg-type]
    return cls(**{name: _converted(hints[name], found.get(name)) for name in names}, **known)


def _converted(hint: Any, value: Any) -> Any:
    """Convert a value to the type of its field; what has another type becomes empty or None."""
    if is_dataclass(hint):
        return read_fields(hint, value)  # type: ignore[arg-type]
    if get_origin(hint) is Mapping:
        entry = get_args(hint)[1]
        return {str(key): _converted(entry, v) for key, v in mapping_or_empty(value).items()}
    return _CONVERTERS[hint](value)


_CONVERTERS: dict[Any, Callable[[Any], Any]] = {
    str: lambda value: str(value or ""),
    str | None: lambda value: value if isinstance(value, str) else None,
    int: lambda value: count(value) or 0,
    int | None: count,
    float: lambda value: float(value) if is_number(value) else math.nan,
    float | None: lambda value: float(value) if is_number(value) else None,
    tuple[str, ...]: texts,
    tuple[float, ...]: lambda value: tuple(
        filter(is_number, value if isinstance(value, list) else ())
    ),
    tuple[int, int] | None: lambda value: (
        tuple(value)
        if isinstance(value, list) and len(value) == 2 and None not in map(count, value)
        else None
    ),
}
