"""Which errors are messages for the user, and which are faults that need their traceback.

The hub raises ``ValueError`` and ``OSError`` with a message that names the file or the setting and
what to do. An error that a library or Python itself raises is written for developers: it is a fault
of the hub, or the hub should have refused the input by name.
"""

import re
import traceback
from pathlib import Path

_HUB = Path(__file__).parent
# Loops of a run. A file that is missing in the middle of a run is not a mistake in the command.
_LOOPS = ("mmengine/runner/loops.py", "iclip/engine/train_loop.py", "iclip/engine/val_loop.py")
# File and source line of a frame in a traceback that another process sent as text.
_FRAME = re.compile(r'^\s*File "(.+)", line \d+, in .+\n\s*(.+)$', re.MULTILINE)


def is_for_the_user(error: BaseException) -> bool:
    """Whether an error is a message that the hub wrote for its user.

    It is one if a ``raise`` statement of ``iclip/`` raised it as ``ValueError`` or ``OSError``, in
    this process or in one that this process started. An ``OSError`` that names a file is one, too,
    unless the loop of a run had begun.
    """
    if not isinstance(error, ValueError | OSError):
        return False
    frames = _frames(error)
    if not frames:
        return False
    file, line = frames[-1]
    if line.startswith("raise") and _HUB in Path(file).resolve().parents:
        return True
    in_a_loop = any(file.endswith(_LOOPS) for file, _ in frames)
    return isinstance(error, OSError) and error.filename is not None and not in_a_loop


def readable(error: BaseException) -> str:
    """Return an error's message without an OSError's number or a data worker's traceback."""
    message = str(error)
    if isinstance(error, OSError) and error.strerror and error.filename is None:
        message = error.strerror
    # A data worker's error holds its whole traceback, whose last error is the message.
    if "Original Traceback" in message:
        message = re.split(r"^[\w.]*(?:Error|Exception): ", message, flags=re.MULTILINE)[-1]
    return message.strip()


def _frames(error: BaseException) -> list[tuple[str, str]]:
    """Return file and source line of each frame, the innermost one last."""
    text = _traceback_of_another_process(error)
    if text:
        return _FRAME.findall(text)
    return [
        (frame.filename, frame.line or "") for frame in traceback.extract_tb(error.__traceback__)
    ]


def _traceback_of_another_process(error: BaseException) -> str:
    """Return the traceback that a data worker or a process of a pool sent, or nothing."""
    if "Original Traceback" in str(error):
        return str(error)
    # multiprocessing's and concurrent.futures' class.
    cause = error.__cause__
    return str(cause) if type(cause).__name__.endswith("RemoteTraceback") else ""
