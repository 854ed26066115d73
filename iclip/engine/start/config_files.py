"""Configs are read, and built, with errors that name the file and the line.

mmengine executes each file of a chain of configs and merges the results; its errors are those of
Python and of the registries, without the file that caused them.
"""

import ast
import codecs
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config

import iclip.config_scope  # noqa: F401  (configs may inherit `iclip::...`)
from iclip.files.text import read_text
from iclip.ranks.this_rank import this_rank
from iclip.shipped_configs import find_config


def read_config(path: str | Path) -> Config:
    """Read a config and those that it inherits.

    Args:
        path: A file, or the name of a config that comes with the hub, which is said.

    Raises:
        ValueError: A file of the chain is missing, or is not a valid config. The message names the
            file, and the line if it is known.
    """
    file = find_config(path)
    if file != Path(path):
        _say_once(f"config {path}: the one that comes with the hub, {file}")
    try:
        return Config.fromfile(file)
    except Exception as error:
        raise ValueError(_located(str(file), error)) from error


def _say_once(line: str) -> None:
    """Print a line beside a command's output, but not in each of the processes that it starts."""
    rank = this_rank()
    if rank.is_first and rank.launcher != "pytorch":
        print(line, file=sys.stderr)


@contextmanager
def explain_build_errors(cfg: Config) -> Iterator[None]:
    """Explain an unknown type or argument that building a config has met.

    Raises:
        ValueError: The config names a type that does not exist, or an argument that its type does
            not take.
    """
    try:
        yield
    except (KeyError, TypeError) as error:
        frames = traceback.extract_tb(error.__traceback__)
        if not frames or not frames[-1].filename.endswith("mmengine/registry/build_functions.py"):
            raise
        reason = first_line(error).split(". Please check")[0]
        raise ValueError(f"config {cfg.filename} cannot be built: {reason}") from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or else its type's name."""
    message = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    return message.splitlines()[0] if message else type(error).__name__


def _located(path: str, error: Exception) -> str:
    """Say in which file of a chain, and at which line, an error arose."""
    file, line = _place(error)
    file = file or path
    inherited = "" if Path(file).samefile(path) else f", which {path} inherits"
    reason = f"{type(error).__name__}: {first_line(error)}"
    # mmengine parses a temporary copy, so the file itself is asked where its fault is.
    encoding, syntax = _encoding_fault(Path(file)), _syntax_fault(file)
    if encoding:
        return f"config {file}{inherited}: {encoding}"
    if syntax:
        line, reason = syntax.lineno, f"SyntaxError: {syntax.msg}"
    elif isinstance(error, FileNotFoundError):
        line = _line_of(file, r"\s*_base_\b")
        reason = f"_base_ names a file that does not exist: {first_line(error)}"
    elif isinstance(error, ImportError) and error.__context__ is not None:
        line = _line_of(file, r"\s*custom_imports\b")
        reason = f"custom_imports: {first_line(_origin(error))}"
    elif line is None:
        # mmengine's error while merging: "optimizer={...} in child config cannot inherit from ...".
        key = re.match(r"(\w+)=", str(error))
        line = _line_of(file, rf".*\b{key[1]}\s*[=:]") if key else None
    return f"config {file}" + (f", line {line}" if line else "") + f"{inherited}: {reason}"


def _origin(error: BaseException) -> BaseException:
    """Return the first error of a chain of errors."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _place(error: Exception) -> tuple[str | None, int | None]:
    """Return file and line of the innermost config that mmengine was reading and that exists."""
    file, line = None, None
    place = error.__traceback__
    while place is not None:
        code, known = place.tb_frame.f_code, place.tb_frame.f_locals
        # The functions of mmengine's Config that read one file of the chain.
        if code.co_name in ("_file2dict", "_is_lazy_import") and Path(known["filename"]).is_file():
            file, line = os.path.normpath(known["filename"]), None
        elif file is not None and os.path.normpath(code.co_filename) == file:
            line = place.tb_lineno
        place = place.tb_next
    return file, line


def _syntax_fault(file: str) -> SyntaxError | None:
    """Return the syntax error of a file, if it has one; mmengine's names a temporary copy."""
    try:
        ast.parse(Path(file).read_bytes())
    except SyntaxError as error:
        return error
    except ValueError:  # zero bytes
        return None
    return None


def _line_of(file: str, pattern: str) -> int | None:
    """Return the number, from 1, of the first line whose beginning matches a pattern."""
    lines = read_text(file).splitlines()
    return next((n for n, line in enumerate(lines, start=1) if re.match(pattern, line)), None)


def _encoding_fault(file: Path) -> str:
    """Say why mmengine cannot decode a file; it reads UTF-8 without a byte order mark."""
    try:
        read_text(file)
    except ValueError as error:
        return str(error)
    marks = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if file.read_bytes().startswith(marks):
        return "starts with a byte order mark; save it as UTF-8 without one"
    return ""
