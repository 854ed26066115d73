"""What a user sees of a run is in its log file, too: what came before the file, and the last error.

mmengine opens a run's log when the runner is built, on rank 0, and does not write errors there.
"""

import logging
import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.logging import MMLogger


class EarlyMessages(logging.Handler):
    """Keep what is logged before the run has a log file; :meth:`write` puts it there."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        MMLogger.get_current_instance().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.lines.append(f"{record.levelname} - {record.getMessage()}")

    def write(self) -> None:
        """Write what was kept into the current run's log file, on rank 0."""
        if self.lines and os.environ.get("RANK", "0") == "0":
            _append("\n".join(["Before the run had a log file:", *self.lines]))
        self.lines.clear()


@contextmanager
def errors_in_log() -> Iterator[None]:
    """Write an error that ends the run into its log file, with the traceback, from any rank."""
    try:
        yield
    except Exception:
        rank = os.environ.get("RANK", "0")
        _append(f"ERROR - rank {rank} ends with\n{traceback.format_exc()}")
        raise


def _append(text: str) -> None:
    # The other ranks' loggers know the file as well, and write nothing to it.
    path = MMLogger.get_current_instance().log_file
    if path is None or not Path(path).parent.is_dir():
        return
    now = time.strftime("%Y/%m/%d %H:%M:%S")
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{now} - iclip - {text}\n")
    except OSError:  # a full disk must not hide the error itself
        return
