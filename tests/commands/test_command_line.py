"""All commands have one shape, and their exit codes one meaning."""

import argparse
import importlib
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from iclip.commands.catalog import COMMANDS
from iclip.commands.command_line import CommandFailed, main, parse
from iclip.stop_signals import RunStopped

ROOT = Path(__file__).resolve().parents[2]
# A maintainer's script about the checkout, not a command of the package.
SCRIPTS = sorted({*ROOT.glob("tools/*.py")} - {ROOT / "tools/freeze_versions.py"})
MODULES = [path.stem for path in (ROOT / "iclip/commands").glob("*.py")]


def command(error: BaseException | None = None) -> ModuleType:
    """A command that raises an error."""
    made = ModuleType("iclip.commands.made_up")

    def run(args: argparse.Namespace) -> None:
        if error is not None:
            raise error

    made.add_arguments = lambda parser: parser.add_argument("--device")
    made.run = run
    return made


def test_every_script_is_one_of_a_command() -> None:
    assert {path.stem for path in SCRIPTS} <= {command.module for command in COMMANDS.values()}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_shows_the_help_of_its_command(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(script), "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(script), run_name="__main__")
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: tools/{script.name} [")
    assert importlib.import_module(f"iclip.commands.{script.stem}").__doc__.strip() in shown
    assert "--traceback" in shown


def test_importing_the_commands_leaves_the_device_to_their_options() -> None:
    program = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(f'iclip.commands.{name}')\n"
        "sys.exit(', '.join({'torch', 'mmengine'} & {*sys.modules}) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *MODULES],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"imported at the top of a command: {done.stderr}"


def test_device_cpu_hides_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    parse(command(), ["--device", "cuda"])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    parse(command(), ["--device", "cpu"])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


def test_parsed_options_hold_the_arguments_as_given_and_the_command() -> None:
    options = parse(command(), ["--device", "cuda"], "iclip made-up")
    assert options.arguments == ["--device", "cuda"]
    assert options.command == "made_up"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (None, 0, ""),
        (CommandFailed("a map differs"), 1, "made_up: a map differs\n"),
        (KeyboardInterrupt(), 130, "\nmade_up: interrupted\n"),
        (RunStopped("nothing is lost"), 75, "made_up: nothing is lost\n"),
        # The log says it already.
        (RunStopped("after iteration 7", agreed=True), 75, ""),
        (KeyboardInterrupt("the parts are kept"), 130, "\nmade_up: the parts are kept\n"),
        (
            FileNotFoundError(2, "No such file or directory", "a.pth"),
            2,
            "\nERROR: [Errno 2] No such file or directory: 'a.pth'\n"
            "(--traceback shows where in the code)\n",
        ),
    ],
    ids=[
        "success",
        "failure",
        "stopped",
        "stopped by agreement",
        "Ctrl-C",
        "Ctrl-C with a message",
        "mistake",
    ],
)
def test_exit_code_says_how_a_command_ended(
    error: BaseException | None, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(error), []) == code
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("stops", [True, False])
def test_command_listens_from_its_first_import_on_if_it_stops_on_notice(stops: bool) -> None:
    handlers = []
    listening = command()
    listening.STOPS_ON_NOTICE = stops
    listening.add_arguments = lambda parser: handlers.append(signal.getsignal(signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    assert main(listening, []) == 0
    assert (handlers == [before]) == (not stops)
    assert signal.getsignal(signal.SIGTERM) == before


def test_fault_keeps_its_traceback() -> None:
    with pytest.raises(KeyError):
        main(command(KeyError("a")), [])


@pytest.mark.parametrize("asked", ["option", "environment"])
def test_traceback_is_shown_where_asked(
    asked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if asked == "environment":
        monkeypatch.setenv("ICLIP_TRACEBACK", "1")
    options = ["--traceback"] if asked == "option" else []
    assert main(command(CommandFailed("a map differs")), options) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_message_about_a_hostile_name_commands_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = FileNotFoundError(2, "no such file", "\x1b[31m\u202egpj.exe")
    assert main(command(error), []) == 2
    assert r"\x1b[31m\u202egpj.exe" in capsys.readouterr().err
