"""Commands run in processes of their own, a few at a time."""

import threading
import time
from pathlib import Path

import pytest

from iclip.commands import scripts
from iclip.commands.command_line import CommandFailed
from iclip.commands.scripts import run_script, run_side_by_side


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one tool, which prints and ends as its arguments say."""
    (tmp_path / "tools").mkdir()
    program = (
        "import os, sys\n"
        "print(sys.argv[1], os.getcwd(), os.environ['OMP_NUM_THREADS'], os.environ.get('A'))\n"
        "sys.exit(int(sys.argv[2]))\n"
    )
    (tmp_path / "tools/say.py").write_text(program)
    monkeypatch.setattr(scripts, "ROOT", tmp_path)
    return tmp_path


def test_output_is_added_to_the_log(tools: Path):
    log = tools / "run/console.log"
    run_script("say", ["once", "0"], log, folder=tools, environment={"A": "b"})
    run_script("say", ["twice", "0"], log, folder=tools / "run")
    assert log.read_text() == f"once {tools} 1 b\ntwice {tools / 'run'} 1 None\n"


def test_failure_names_the_tool_its_exit_code_and_the_log(tools: Path):
    with pytest.raises(CommandFailed, match=r"tools/say\.py ended with exit code 3; see .*\.log"):
        run_script("say", ["fails", "3"], tools / "console.log")


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
