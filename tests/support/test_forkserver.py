"""What the server cannot import, it leaves out without a word, and each process takes seconds."""

import gc
import sys
from pathlib import Path

from tests.support.forkserver import PRELOADED, forkserver


def write_what_is_missing(file: Path) -> None:
    missing = [name for name in PRELOADED if name not in sys.modules]
    file.write_text(f"missing: {missing}, frozen: {gc.get_freeze_count() > 0}")


def test_processes_begin_with_everything_imported(tmp_path: Path) -> None:
    process = forkserver().Process(target=write_what_is_missing, args=(tmp_path / "found",))
    process.start()
    process.join(120)
    assert (tmp_path / "found").read_text() == "missing: [], frozen: True"
