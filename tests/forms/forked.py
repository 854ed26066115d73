"""Commands in processes that are forked from this one, which has imported what they import.

An import of torch and the three frameworks takes most of a small command's time.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import cv2

# What the commands import as they go.
IMPORTED = (
    *("iclip.openmmlab", "mmdet.apis", "mmseg.apis", "mmaction.apis", "matplotlib.pyplot"),
    *("iclip.commands.train", "iclip.commands.test", "iclip.finetune.tasks.detection"),
    *("iclip.report.page", "iclip.zeroshot.frozen_ways", "iclip.predict.predict_files"),
)


def import_all() -> None:
    """Import before the first fork, and let OpenCV have no threads, which a fork would lose."""
    cv2.setNumThreads(0)
    for name in IMPORTED:
        importlib.import_module(name)


class Forked:
    """A command line of ``iclip`` in a forked process, as far as `subprocess.Popen` is needed.

    Args:
        arguments: The sub-command and its arguments.
        folder: The working directory.

    Attributes:
        stdout: What it prints, errors included.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = os.fork()
        if self._process == 0:
            os.close(reading)
            _run(arguments, folder, writing)
        os.close(writing)
        self.stdout: TextIO = os.fdopen(reading, errors="replace")

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        self.stdout.close()
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])


def _run(arguments: Sequence[str], folder: Path, output: int) -> None:
    """Run a command, and end the process."""
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        sys.argv = ["iclip", *arguments]
        from iclip.commands.program import main

        code = main()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
