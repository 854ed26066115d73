"""The program ``iclip``: its overview, its sub-commands, and what it says of a wrong name."""

import subprocess
import sys
from pathlib import Path

import pytest

from iclip import __version__
from iclip.commands import program, show_metrics
from iclip.commands.catalog import COMMANDS
from iclip.commands.program import run_program

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_overview_lists_every_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert [name for name in listed if name != "iclip"] == [*COMMANDS]
    assert max(map(len, lines)) <= 80


def test_without_a_command_the_overview_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program([]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("usage: iclip COMMAND")


@pytest.mark.parametrize("arguments", [["--help"], ["configs"]])
def test_reader_that_goes_away_is_no_fault(arguments: list[str]) -> None:
    """``iclip configs | head -0``: nothing on the standard error, and the code of SIGPIPE."""
    command = [sys.executable, "-m", "iclip", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    message = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(), message) == (141, "")


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["--version"]) == 0
    assert capsys.readouterr().out == f"iclip {__version__}\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "pretrian",
            "iclip: 'pretrian' is not a command; did you mean 'pretrain'? `iclip --help` lists "
            "them\n",
        ),
        (
            "build_class_text",
            "iclip: 'build_class_text' is not a command; did you mean 'build-class-texts'? `iclip "
            "--help` lists them\n",
        ),
        ("xyz", "iclip: 'xyz' is not a command; `iclip --help` lists them\n"),
        (
            "--device",
            "iclip: the name of a command comes before its options, not '--device'; `iclip --help` "
            "lists them\n",
        ),
    ],
)
def test_wrong_name_is_answered_by_the_nearest(
    name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program([name]) == 2
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("name", ["show-metrics", "show_metrics"])
def test_command_gets_its_arguments_and_the_name_it_was_called_by(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(show_metrics, "run", lambda args: print(args.work_dir))
    assert run_program([name, "a_run"]) == 0
    assert capsys.readouterr().out == "a_run\n"
    with pytest.raises(SystemExit):
        run_program([name, "--help"], "python -m iclip")
    assert capsys.readouterr().out.startswith("usage: python -m iclip show-metrics [-h]")


@pytest.mark.parametrize(
    ("started_as", "named"),
    [("/venv/bin/iclip", "iclip"), ("/lib/iclip/__main__.py", "python -m iclip")],
)
def test_usage_names_what_was_typed(
    started_as: str,
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", [started_as, "--help"])
    assert program.main() == 0
    assert capsys.readouterr().out.startswith(f"usage: {named} COMMAND ...\n")


def test_overview_imports_nothing_that_takes_time() -> None:
    code = (
        "import runpy, sys\n"
        "sys.argv = ['iclip', '--help']\n"
        "try: runpy.run_module('iclip', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'torch', 'numpy', 'mmengine', 'open_clip'} & {*sys.modules}\n"
        "sys.exit(code or ', '.join(heavy) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
