"""Help, errors, the log and all that is printed name commands as the user has called them."""

import logging
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from iclip.commands.called_as import as_called
from iclip.commands.command_line import CommandFailed, main


def command(run: Callable[[], None]) -> ModuleType:
    """A command that does something."""
    made = ModuleType("iclip.commands.made_up")
    made.__doc__ = "Do it.\n\n    python tools/report.py RUN"
    made.add_arguments = lambda parser: parser.add_argument("--json", help="for tools/report.py")
    made.run = lambda args: run()
    return made


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("run tools/export.py F", "run iclip export F"),
        ("`python tools/build_class_texts.py --csv F`", "`iclip build-class-texts --csv F`"),
        ("tools/pretrain.sh configs/micro/iclip.py 2", "iclip pretrain configs/micro/iclip.py 2"),
        ("tools/pretrain.sh, then tools/test.py", "iclip pretrain, then iclip test"),
        ("torchrun --nnodes 8 tools/probe.py C", "torchrun --nnodes 8 -m iclip probe C"),
        # Scripts of the checkout that are not commands, and files of the user's.
        ("tools/setup.sh --force", "tools/setup.sh --force"),
        ("/home/me/tools/export.py", "/home/me/tools/export.py"),
        ("torchrun is as for tools/zeroshot.py", "torchrun is as for iclip zeroshot"),
    ],
)  # fmt: skip
def test_text_names_commands_as_the_user_calls_them(written: str, read: str) -> None:
    assert as_called(written, "iclip zeroshot") == read
    assert as_called(written, None) == written


CALLS = pytest.mark.parametrize(
    ("called_as", "read"),
    [("iclip made-up", "iclip zeroshot says 7"), (None, "tools/zeroshot.py says 7")],
)


@CALLS
def test_what_is_printed_speaks_of_the_program_that_was_called(
    called_as: str | None, read: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def run() -> None:
        print("tools/zeroshot.py says 7")
        sys.stderr.writelines(["tools/zeroshot.py", " says 7"])
        assert sys.stdout.encoding == stream.encoding and not sys.stdout.isatty()

    stream = sys.stdout
    assert main(command(run), [], called_as) == 0
    assert capsys.readouterr() == (read + "\n", read)
    assert sys.stdout is stream


@CALLS
def test_log_speaks_of_the_program_that_was_called(
    called_as: str | None, read: str, caplog: pytest.LogCaptureFixture
) -> None:
    factory = logging.getLogRecordFactory()
    warn = command(lambda: logging.getLogger("a").warning("tools/zeroshot.py says %d", 7))
    assert main(warn, [], called_as) == 0
    assert caplog.messages == [read]
    assert logging.getLogRecordFactory() is factory


def test_errors_speak_of_the_program_that_was_called(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise CommandFailed("see tools/export.py")

    assert main(command(fail), [], "python -m iclip made-up") == 1
    assert capsys.readouterr().err == "made_up: see python -m iclip export\n"


def test_help_speaks_of_the_program_that_was_called(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(command(lambda: None), ["--help"], "iclip made-up")
    shown = capsys.readouterr().out
    assert shown.startswith("usage: iclip made-up [-h]") and "    iclip report RUN" in shown
    assert "for iclip report" in shown
