"""The text of the config that is written: a few settings over a recipe, each with its reason."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from iclip.messages import printable

# The folder of the config itself, which mmengine puts in: the run's folder can be moved.
HERE = "{{ fileDirname }}"
# The prepared files, as the config names them.
DATA_FOLDER = f"{HERE}/data"
_WIDTH = 100


@dataclass(frozen=True)
class ConfigPart:
    """Settings that belong together.

    Attributes:
        why: What they are and where they come from; becomes the comment above them.
        settings: Values by name. An :class:`Expression` is written as it is.
    """

    why: str
    settings: Mapping[str, Any]


class Expression(str):
    """Python that a config computes, such as ``swin_channels("tiny")``."""


@dataclass(frozen=True)
class ConfigHeader:
    """The top of a config.

    Attributes:
        title: What the config trains.
        base: What it inherits.
        imports: Functions of :mod:`iclip.config_functions` that it calls.
    """

    title: str
    base: str
    imports: Sequence[str] = ()


def config_text(header: ConfigHeader, parts: Sequence[ConfigPart]) -> str:
    """Write a config.

    Args:
        header: Its top.
        parts: Its settings, in order. A name that a part has set may be used by the parts below.
    """
    lines = [*comment(header.title), f"_base_ = {header.base!r}".replace("'", '"')]
    if header.imports:
        lines.append(f"from iclip.config_functions import {', '.join(sorted(header.imports))}")
    for part in parts:
        lines += ["", *comment(part.why)]
        lines += [f"{name} = {literal(value)}" for name, value in part.settings.items()]
    return "\n".join(lines) + "\n"


def comment(text: str) -> list[str]:
    """Wrap a text as comment lines; its own line ends stay, and so do indented lines, as they are.

    An indented line is a command, which can be copied whole.
    """
    lines = []
    for line in map(printable, text.split("\n")):
        # Paths hold hyphens.
        wrapped = textwrap.wrap(line, _WIDTH - 2, break_on_hyphens=False)
        lines += [line] if line.startswith("  ") else wrapped or [""]
    return [f"# {line}".rstrip() for line in lines]


def literal(value: Any, indent: int = 0) -> str:
    """Write a value as Python, dicts as ``dict(...)``, in lines of at most 100 characters.

    Args:
        value: Plain values, and expressions.
        indent: Blanks before the value's further lines.
    """
    short = _on_one_line(value)
    if len(short) + indent <= _WIDTH - 20 or not isinstance(value, Mapping | list | tuple):
        return short
    inner = " " * (indent + 4)
    if isinstance(value, Mapping):
        opening, closing = ("dict(", ")") if _are_names(value) else ("{", "}")
        sign = "=" if _are_names(value) else ": "
        entries = [
            f"{key if _are_names(value) else _on_one_line(key)}{sign}{literal(entry, indent + 4)}"
            for key, entry in value.items()
        ]
    else:
        opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        entries = _filled([literal(entry, indent + 4) for entry in value], _WIDTH - indent - 4)
    body = "".join(f"\n{inner}{entry}," for entry in entries)
    return f"{opening}{body}\n{' ' * indent}{closing}"


def _filled(entries: Sequence[str], width: int) -> list[str]:
    """Put as many entries on a line as there is room for."""
    lines: list[str] = []
    for entry in entries:
        if lines and len(lines[-1]) + len(entry) + 3 <= width and "\n" not in entry + lines[-1]:
            lines[-1] += f", {entry}"
        else:
            lines.append(entry)
    return lines


def _on_one_line(value: Any) -> str:
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        if _are_names(value):
            return "dict(" + ", ".join(f"{k}={_on_one_line(v)}" for k, v in value.items()) + ")"
        return (
            "{" + ", ".join(f"{_on_one_line(k)}: {_on_one_line(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_on_one_line, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, tuple):
        comma = "," if len(value) == 1 else ""
        return "(" + ", ".join(map(_on_one_line, value)) + comma + ")"
    return repr(value)


def _string(text: str) -> str:
    """Write a string in double quotes; mmengine finds nothing in it to replace but the folder."""
    written = repr(text)
    if written.startswith("'") and '"' not in text:
        written = '"' + written[1:-1] + '"'
    return HERE.join(part.replace("{{", "{\\x7b") for part in written.split(HERE))


def _are_names(value: Mapping[Any, Any]) -> bool:
    return all(isinstance(k, str) and k.isidentifier() and not iskeyword(k) for k in value)
