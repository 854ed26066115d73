"""A run of tools/train.py that something interrupts: a kill while saving, or a full disk."""

import os
import resource
import sys
from pathlib import Path

import torch

from iclip.commands import train
from iclip.commands.command_line import main
from iclip.files import atomic as atomic_files
from tests.support.forkserver import print_to
from tests.support.tiny_run.hooks import kill_myself


def run_train(
    config: str,
    arguments: list[str],
    output: str,
    kill_while_saving: str | None = None,
    largest_file: int | None = None,
    environment: dict[str, str] | None = None,
    working_directory: str | None = None,
) -> None:
    """Run tools/train.py in a child process; the body of that process.

    Args:
        config: The config's file.
        arguments: Further arguments of the command line.
        output: File to which all output is appended.
        kill_while_saving: When the process is killed while it saves iteration 8; see :func:`arm`.
        largest_file: Bytes that a file may have, which stands for a full disk.
        environment: Variables to set.
        working_directory: Where the process works.
    """
    torch.set_num_threads(1)
    os.environ.update(environment or {})
    if working_directory is not None:
        os.chdir(working_directory)
    print_to(output)
    if kill_while_saving is not None:
        arm(kill_while_saving)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    code = main(train, [config, *arguments])
    sys.exit(code)


def arm(moment: str) -> None:
    """Make this process kill itself at a moment of saving ``iter_8.pth``."""
    module, real = atomic_files.os, {name: getattr(os, name) for name in ("fsync", "replace")}
    state = {"saving": False}

    def fsync(descriptor: int) -> None:
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        state["saving"] |= "iter_8.pth" in name
        if moment == "half written" and "iter_8.pth." in name:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            kill_myself()
        real["fsync"](descriptor)

    def replace(source: Path, target: Path) -> None:
        named = Path(target).name
        if moment == "before its name" and named == "iter_8.pth":
            kill_myself()
        real["replace"](source, target)
        if moment == "before latest" and named == "iter_8.pth":
            kill_myself()
        if moment == "before the old goes" and named == "latest.pth" and state["saving"]:
            kill_myself()

    module.fsync, module.replace = fsync, replace
