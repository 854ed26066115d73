"""Files that leave a mark when what they hold is run."""

import io
import pickle
import shlex
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import torch


class Bomb:
    """Runs a program when Python's pickle reads it.

    Args:
        mark: The file that the program makes.
    """

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return subprocess.check_call, (["touch", str(self.mark)],)


def as_python(mark: Path) -> str:
    """A line of Python that makes the mark."""
    return f"__import__('pathlib').Path({str(mark)!r}).touch()\n"


def as_pickle(mark: Path, protocol: int = 2) -> bytes:
    return pickle.dumps(Bomb(mark), protocol=protocol)


def as_yaml(mark: Path) -> str:
    return f"a: !!python/object/apply:subprocess.check_call [[touch, {str(mark)!r}]]\n"


def as_checkpoint(mark: Path, zipped: bool = True) -> bytes:
    """What torch.save writes, with the bomb beside the weights."""
    content = {"state_dict": {"w": torch.ones(2)}, "meta": {}, "extra": Bomb(mark)}
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def as_npy(mark: Path) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Bomb(mark)], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def as_npz(path: Path, mark: Path, **arrays: Any) -> None:
    """Write an archive of arrays, one of which is the bomb where ``...`` is given."""
    bomb = np.array([Bomb(mark)], dtype=object)
    with path.open("wb") as file:
        np.savez(file, **{k: bomb if v is ... else v for k, v in arrays.items()})


def ghostscript(folder: Path, mark: Path) -> None:
    """Put a stand-in for Ghostscript into a folder; it makes the mark."""
    folder.mkdir()
    program = folder / "gs"
    program.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(mark))}\n")
    program.chmod(0o755)


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
