"""JSON files of a run's folder: read without trust, what is wrong in words."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.files.text import read_text

# A file that is larger is no result.
LARGEST_BYTES = 64 << 20


def read_json(file: Path) -> Any:
    """Read a file.

    Raises:
        ValueError: It cannot be read, or is not JSON; says why, without the file's path.
    """
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"not read: larger than {LARGEST_BYTES >> 20} MiB")
        return json.loads(read_text(file))
    except RecursionError as error:
        raise ValueError("cannot be read: nested too deeply") from error
    except (OSError, ValueError) as error:
        reason = str(error).replace(f"{file} ", "").splitlines()[0]
        raise ValueError(
            reason if reason.startswith("not read") else f"cannot be read ({reason})"
        ) from error


def mapping(value: Any, place: str, problems: list[str]) -> Mapping[str, Any]:
    """A mapping as it is; anything else is a problem and becomes an empty one."""
    if isinstance(value, Mapping):
        return value
    problems.append(f"{place}: {shown(value)} stands where a mapping should")
    return {}


def figures(value: Any, place: str, problems: list[str]) -> dict[str, float]:
    """The finite numbers of a mapping; whatever else is in it is a problem.

    Args:
        value: Metrics by name.
        place: Where they stand, for the problems.
        problems: Receives what is wrong.
    """
    found: dict[str, float] = {}
    for name, figure in mapping(value, place, problems).items():
        if is_number(figure):
            found[str(name)] = float(figure)
        else:
            problems.append(f"{place}: {name} is {shown(figure)}, not a finite number")
    return found


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; True and False are none."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and math.isfinite(value)
    )


def count(value: Any) -> int | None:
    """A value as a number of things; None if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list; empty if it is none."""
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def shown(value: Any) -> str:
    """A value for a message: short, and null as JSON spells it."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
