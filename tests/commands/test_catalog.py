"""Every command is in the overview of ``iclip``, under one name."""

import importlib
from pathlib import Path

import pytest

from iclip.commands.catalog import COMMANDS, GROUPS

ROOT = Path(__file__).resolve().parents[2]


def test_every_command_is_listed() -> None:
    modules = {
        path.stem
        for path in (ROOT / "iclip/commands").glob("*.py")
        if "def run(args" in path.read_text(encoding="utf-8")
    }
    assert {command.module for command in COMMANDS.values()} == modules


def test_names_are_the_modules_with_dashes_and_there_is_one_of_each() -> None:
    listed = [command for group in GROUPS.values() for command in group]
    assert len(listed) == len(COMMANDS)
    assert all(name == command.module.replace("_", "-") for name, command in COMMANDS.items())


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_command_has_a_summary_of_one_line_and_a_module(command) -> None:
    assert 0 < len(command.summary) <= 60 and not command.summary.endswith(".")
    module = importlib.import_module(f"iclip.commands.{command.module}")
    assert callable(module.add_arguments) and callable(module.run) and module.__doc__
