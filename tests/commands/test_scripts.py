"""Commands run in processes of their own, a few at a time."""

import threading
import time
from pathlib import Path

import pytest

from iclip.commands.command_line import CommandFailed
from iclip.commands.scripts import run_command, run_side_by_side


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an `iclip` in it that prints and ends as its arguments say."""
    (tmp_path / "iclip").mkdir()
    program = (
        "import os, sys\n"
        "print(sys.argv[1:], os.environ['OMP_NUM_THREADS'], os.environ.get('A'))\n"
        "sys.exit(int(sys.argv[2]))\n"
    )
    (tmp_path / "iclip/__init__.py").touch()
    (tmp_path / "iclip/__main__.py").write_text(program)
    # `python -m` looks there first.
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_output_is_added_to_the_log(stand_in: Path):
    log = stand_in / "run/console.log"
    run_command("show_metrics", ["0"], log, environment={"A": "b"})
    run_command("report", ["0"], log)
    assert log.read_text() == "['show-metrics', '0'] 1 b\n['report', '0'] 1 None\n"


def test_failure_names_the_command_its_exit_code_and_the_log(stand_in: Path):
    with pytest.raises(CommandFailed, match=r"iclip train ended with exit code 3; see .*\.log"):
        run_command("train", ["3"], stand_in / "console.log")


def test_a_line_tells_of_each_run_as_it_ends(capsys: pytest.CaptureFixture[str]):
    second_ended = threading.Event()

    def first() -> str:
        second_ended.wait(10)
        return "first: trained"

    def second() -> str:
        second_ended.set()
        return "second: was there"

    run_side_by_side([first, second], jobs=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(("[2/2] first: trained, took 0:0", "[2/2] second: was there, took"))
    assert "[1/2]" in lines[0] and ", ETA 0:0" in lines[0]


@pytest.mark.parametrize("error", [CommandFailed("see the log"), KeyboardInterrupt()])
def test_after_an_error_no_further_run_begins(error: BaseException):
    begun = []

    def fail() -> str:
        begun.append("fails")
        raise error

    def wait() -> str:
        begun.append("waits")
        time.sleep(0.05)
        return "waited"

    with pytest.raises(type(error)):
        run_side_by_side([fail, *[wait] * 50], jobs=1)
    assert len(begun) < 51
