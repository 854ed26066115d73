"""How a text names the hub's commands: as the user has called them.

Texts name the scripts of a checkout, ``tools/NAME.py``; who has called ``iclip`` may have no
checkout, and reads ``iclip NAME``. That holds of help, errors, the log and all that is printed.
"""

import logging
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from iclip.commands.catalog import COMMANDS

# A script of the checkout, as a text calls it.
_SCRIPT = re.compile(
    r"(?<![\w/.-])(?P<torchrun>torchrun -[-\w ]* )?(?:python )?tools/(?P<name>\w+)\.(?:py|sh)\b"
)


def as_called(text: str, called_as: str | None) -> str:
    """Name commands in a text as the user calls them.

    Args:
        text: A help, a message or a page.
        called_as: What the user has typed before the arguments, such as ``iclip train``; None for
            a script in tools/.
    """
    if called_as is None:
        return text
    program = called_as.rpartition(" ")[0]

    def sub_command(found: re.Match[str]) -> str:
        name = found["name"].replace("_", "-")
        if name not in COMMANDS:
            return found[0]
        return f"-m iclip {name}" if found["torchrun"] else f"{program} {name}"

    return _SCRIPT.sub(lambda found: (found["torchrun"] or "") + sub_command(found), text)


@contextmanager
def speaking_as_called(called_as: str | None) -> Iterator[None]:
    """Name commands as the user calls them in what is printed and logged, see :func:`as_called`."""
    if called_as is None:
        yield
        return
    with (
        redirect_stdout(cast("TextIO", _Speaking(sys.stdout, called_as))),
        redirect_stderr(cast("TextIO", _Speaking(sys.stderr, called_as))),
        _logging_as_called(called_as),
    ):
        yield


class _Speaking:
    """A stream of text, but for the names of commands."""

    def __init__(self, stream: TextIO, called_as: str) -> None:
        self._stream = stream
        self._called_as = called_as

    def write(self, text: str) -> int:
        self._stream.write(as_called(text, self._called_as))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _logging_as_called(called_as: str) -> Iterator[None]:
    """Do the same in the log, a part of which goes into a file only."""
    before = logging.getLogRecordFactory()

    def record(*args: Any, **settings: Any) -> logging.LogRecord:
        made = before(*args, **settings)
        if isinstance(made.msg, str):
            made.msg = as_called(made.msg, called_as)
        return made

    logging.setLogRecordFactory(record)
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)
