"""Processes forked from one that has imported everything, which would take each of them seconds."""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from iclip.commands.command_line import main

# What the tests start in processes of their own, and what that imports when it is used.
PRELOADED = (
    "iclip.openmmlab",  # before the frameworks
    *("mmdet.apis", "mmseg.apis", "mmaction.apis"),
    *("iclip.datasets", "iclip.evaluation", "iclip.models"),
    *("iclip.engine.runner", "iclip.engine.start.preflight", "iclip.openmmlab.annotations"),
    *("iclip.finetune.tasks.detection", "iclip.report.render"),
    *("tests.support.interrupted_run", "tests.chaos.side_by_side", "tests.zeroshot.rank_process"),
    *("matplotlib.pyplot", "setuptools"),  # of mmengine's visualizer, and of torch's compiler
    "tests.support.frozen_heap",  # at last: mmengine collects for each data set
)


def forkserver() -> ForkServerContext:
    """Return the context of such processes.

    A process has one server, which imports when it starts what was asked for until then: all tests
    ask for the same, so that it does not matter which of them is the first.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED])
    return context


def start_command(
    name: str, arguments: Sequence[str], output: Path, environment: Mapping[str, str] = {}
) -> BaseProcess:
    """Start a command as a script of tools/ does.

    Args:
        name: Its module in :mod:`iclip.commands`.
        arguments: Its arguments.
        output: The file to which it prints.
        environment: Variables to set.
    """
    arguments = (name, list(arguments), str(output), dict(environment))
    process = forkserver().Process(target=_run_command, args=arguments)
    process.start()
    return process


def run_command(
    name: str, arguments: Sequence[str], output: Path, environment: Mapping[str, str] = {}
) -> int | None:
    """Run a command to its end, see :func:`start_command`; returns the exit code."""
    process = start_command(name, arguments, output, environment)
    process.join(300)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"the command hangs:\n{output.read_text()}")
    return process.exitcode


def print_to(output: str) -> None:
    """Append to a file what this process prints from now on."""
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())


def _run_command(name: str, arguments: list[str], output: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    print_to(output)
    sys.argv = [f"tools/{name}.py", *arguments]  # which the run's provenance states
    sys.exit(main(importlib.import_module(f"iclip.commands.{name}"), arguments))
