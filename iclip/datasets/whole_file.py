"""Files that appear complete or not at all, whoever else writes them at the same time."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name only when the block ends without an error.

    Raises:
        OSError: It cannot be written (the message names it); what had the name before stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unlike a process id, unique over the machines that share a file system.
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        # A full disk does not say which file it was.
        error.filename = error.filename or os.fspath(path)
        raise
    finally:
        partial.unlink(missing_ok=True)
