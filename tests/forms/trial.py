"""A form tried as a new user does: fine-tuned, predicted with, evaluated; what came, and when."""

import os
import re
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.forms.catalog import Form
from tests.forms.forked import Forked

# The log's line of a step says when the training will end.
STEP = re.compile(r"\beta\b")
PICTURES = (".jpg", ".png", ".mp4")
# Starts a command with its arguments in a folder.
Start = Callable[[Sequence[str], Path], "subprocess.Popen[str] | Forked"]


class Command(NamedTuple):
    """What a command did.

    Attributes:
        code: Its exit code.
        lines: What it printed.
        wall: Seconds from its start to its end.
        cpu: Seconds of all its processes on a processor.
        first_step: Seconds to the line of the first step; None if there was none.
    """

    code: int
    lines: list[str]
    wall: float
    cpu: float
    first_step: float | None


@dataclass
class Tried:
    """What came of a form.

    Attributes:
        form: The form.
        commands: The commands by their name.
        recognized: What the hub said of the data.
        drawn: Pictures of predictions.
        validated: Pictures of the validation.
        wanted: Inputs of which there should be a picture.
        written: What was written for another tool.
    """

    form: Form
    commands: dict[str, Command] = field(default_factory=dict)
    recognized: str = ""
    drawn: int = 0
    validated: int = 0
    wanted: int = 0
    written: str = ""

    @property
    def failed(self) -> str:
        """The command that failed, with the end of what it printed; empty if all went well."""
        for name, command in self.commands.items():
            if command.code != 0:
                return f"{name} ended with {command.code}: {' '.join(command.lines[-3:])}"
        if self.drawn != self.wanted or not self.validated or not self.written:
            return f"{self.drawn} of {self.wanted} pictures, {self.validated} of the validation"
        return ""


def try_form(
    form: Form,
    data: Path,
    inputs: Sequence[Path],
    start: Start,
    options: Sequence[str],
    device: str = "cpu",
) -> Tried:
    """Fine-tune on a form for an epoch, predict and evaluate.

    Args:
        form: The form.
        data: The folder of its data; the run and the predictions are written beside it.
        inputs: Images or videos to predict on.
        start: Starts ``iclip``.
        options: Further options of ``iclip finetune``.
        device: ``cpu`` or ``cuda``, for all commands.
    """
    tried, work, out = Tried(form, wanted=len(inputs)), data.parent / "run", data.parent / "found"
    steps = {
        "finetune": [
            "finetune", form.task, "--data", data, "--out", work, "--epochs", "1",
            "--device", device, *options,
        ],
        "predict": [
            "predict", work, *inputs, "--out", out, "--format", f"pictures,{form.output}",
            "--device", device,
        ],
        "evaluate": ["evaluate", work, "--data", data, "--device", device],
    }  # fmt: skip
    for name, arguments in steps.items():
        command = run(start, [str(argument) for argument in arguments], data.parent)
        (data.parent / f"{name}.txt").write_text("\n".join(command.lines))
        tried.commands[name] = command
        if command.code != 0:
            break
    tried.recognized = what_was_recognized(tried.commands["finetune"].lines, form.task)
    tried.validated = len(_pictures(work / "pictures"))
    tried.drawn = len(_pictures(out))
    tried.written = ", ".join(sorted(_others(out)))
    return tried


def separate(program: Sequence[str]) -> Start:
    """Start commands as a shell does."""
    return lambda arguments, folder: subprocess.Popen(
        [*program, *arguments], cwd=folder, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def run(start: Start, arguments: Sequence[str], folder: Path) -> Command:
    """Run a command, and note when it printed the line of its first step."""
    begin, before = time.monotonic(), _cpu_of_children()
    process = start(arguments, folder)
    assert process.stdout is not None
    lines, first = [], None
    for line in process.stdout:
        if first is None and STEP.search(line):
            first = time.monotonic() - begin
        lines.append(line.rstrip("\n"))
    code = process.wait()
    return Command(code, lines, time.monotonic() - begin, _cpu_of_children() - before, first)


def what_was_recognized(lines: Sequence[str], task: str) -> str:
    """Return the format and the parts, from what the hub says of a data set."""
    told = next((at for at, line in enumerate(lines) if line.endswith(f", {task}")), None)
    if told is None:
        return ""
    parts = []
    for line in lines[told + 1 :]:
        if not line.startswith("  "):
            break
        parts.append(" ".join(line.split()))
    name = lines[told].rpartition(": ")[2].removesuffix(f", {task}")
    return f"{name}: {'; '.join(parts)}"


def _pictures(folder: Path) -> list[str]:
    """Name the pictures in a folder; other formats have folders of their own."""
    names = os.listdir(folder) if folder.is_dir() else []
    return [name for name in names if Path(name).suffix.lower() in PICTURES]


def _others(folder: Path) -> list[str]:
    """Name what lies beside the pictures and the records of all predictions."""
    names = os.listdir(folder) if folder.is_dir() else []
    known = {*_pictures(folder), "predictions.json", "predictions.jsonl"}
    return [name for name in names if name not in known]


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
