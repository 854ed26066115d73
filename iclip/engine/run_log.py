"""The log file of a run also holds the messages from before its start, and the error that ends it.

mmengine opens the file when the runner is built, on rank 0, and writes no errors into it.
"""

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.logging import MMLogger

from iclip.messages import printable_lines
from iclip.ranks.this_rank import this_rank


class PrintableMessages(logging.Filter):
    """Keeps the control characters of names in files from terminals; it lets every message pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Escape a message's control characters."""
        record.msg, record.args = printable_lines(record.getMessage()), ()
        return True


class EarlyMessages(logging.Handler):
    """Keep messages until the run has a log file; :meth:`write` then adds them to it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        logger = MMLogger.get_current_instance()
        logger.addHandler(self)
        logger.addFilter(PrintableMessages())

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.lines.append(f"{record.levelname} - {record.getMessage()}")

    def write(self) -> None:
        """Write the kept messages into the current run's log file, on rank 0."""
        if self.lines and this_rank().is_first:
            append("\n".join(["Before the run had a log file:", *self.lines]))
        self.lines.clear()


@contextmanager
def log_errors() -> Iterator[None]:
    """Write an error that ends the run into its log file, with its traceback, on any rank."""
    try:
        yield
    except Exception:
        append(f"ERROR - rank {this_rank().rank} ends with\n{traceback.format_exc()}")
        raise


def append(text: str) -> None:
    """Add lines to the log file of the current run, from any rank that reaches it."""
    # The loggers of other ranks know the file as well, but mmengine lets only rank 0 write to it.
    path = MMLogger.get_current_instance().log_file
    if path is None or not Path(path).parent.is_dir():
        return
    now = time.strftime("%Y/%m/%d %H:%M:%S")
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{now} - iclip - {printable_lines(text)}\n")
    except OSError:  # a full disk must not hide the error itself
        return
