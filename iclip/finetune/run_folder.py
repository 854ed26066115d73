"""The folder of a fine-tuning: a new one, or one that goes on; never half-prepared."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from iclip.files.one_owner import one_owner
from iclip.finetune.asked import ASKED_FILE, Asked

CONFIG_FILE, DATA_FOLDER = "config.py", "data"
# Lies in the folder for as long as it is being prepared: after a kill, the next start goes on.
MARK = "being_prepared"


def default_folder(task: str, data: Path) -> Path:
    """Return ``work_dirs/finetune_<task>_<name of the data's folder>``."""
    name = re.sub(r"[^\w.-]+", "_", data.resolve().stem if data.is_file() else data.resolve().name)
    return Path("work_dirs") / f"finetune_{task}_{name or 'data'}"


def check_free(folder: Path) -> None:
    """Check that a new run may take a folder: it is missing, empty, or was never finished.

    Raises:
        ValueError: It holds something else.
    """
    if not folder.exists() or (folder / MARK).is_file():
        return
    if not folder.is_dir():
        raise ValueError(f"--out {folder} is a file; name a folder that does not exist yet")
    if any(folder.iterdir()):
        raise ValueError(
            f"--out {folder} already exists. Continue the run in it with --resume, or give another "
            f"--out; --checkpoint {folder / 'best.pth'} starts a new run from its weights"
        )


def began_with(folder: Path) -> Asked:
    """Return the options with which the run in a folder began.

    Raises:
        ValueError: There is none.
    """
    if not (folder / ASKED_FILE).is_file():
        told = "holds no fine-tuning" if folder.is_dir() else "does not exist"
        raise ValueError(
            f"--resume: {folder} {told}. Name the run's folder with --out, or leave --resume out"
        )
    return Asked.load(folder)


def is_prepared(folder: Path) -> bool:
    """Whether a folder holds a run whose preparation has ended."""
    return (folder / ASKED_FILE).is_file() and not (folder / MARK).exists()


@contextmanager
def preparing(folder: Path, asked: Asked, say: Callable[[str], object]) -> Iterator[None]:
    """Own a run's folder while it is prepared; an error leaves nothing of it.

    What ends the process from outside leaves the folder: the next start goes on there.

    Args:
        folder: See :func:`check_free`.
        asked: The run's options, which the folder keeps.
        say: Takes messages.

    Raises:
        ValueError: Another process owns the folder.
        OSError: It could not be written.
    """
    was_there = folder.is_dir()
    with one_owner(folder, "--out", say):
        (folder / MARK).touch()
        asked.save(folder)
        try:
            yield
        except Exception:
            _remove(folder, keep_folder=was_there)
            raise
        (folder / MARK).unlink()


def _remove(folder: Path, keep_folder: bool) -> None:
    """Remove a folder, or only what is in it."""
    if not keep_folder:
        shutil.rmtree(folder)
        return
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
