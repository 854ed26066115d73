"""A record names the command as a user types it."""

import shlex
import sys

import pytest

from iclip.this_command import this_command


@pytest.mark.parametrize(
    ("program", "typed"),
    [
        ("/x/tools/zeroshot.py", ["zeroshot.py"]),
        ("/x/bin/iclip", ["iclip"]),
        ("/x/site-packages/iclip/__main__.py", ["python", "-m", "iclip"]),
    ],
)
def test_program_is_named_as_typed(
    program: str, typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["test", "my model.pth", "--template", "{}"]
    monkeypatch.setattr(sys, "argv", [program, *arguments])
    assert shlex.split(this_command()) == [*typed, *arguments]
