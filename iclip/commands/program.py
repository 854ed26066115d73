"""``iclip COMMAND ...`` and ``python -m iclip COMMAND ...``.

Its overview is printed within a moment: a command is imported only when it is called.
"""

import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from iclip import __version__
from iclip.commands.catalog import COMMANDS, GROUPS

PROGRAM = "iclip"
# argparse's exit code for a mistake in the options.
EXIT_USER_ERROR = 2


def run_program(arguments: Sequence[str], program: str = PROGRAM) -> int:
    """Run a sub-command; returns the exit code.

    Args:
        arguments: The sub-command's name, and its arguments.
        program: What the user has typed before them.
    """
    if not arguments:
        print(overview(program), file=sys.stderr)
        return EXIT_USER_ERROR
    from iclip.commands.command_line import main, report_errors

    name, *rest = arguments
    if name in ("-h", "--help"):
        return report_errors(lambda: print(overview(program)), program, show_traceback=False)
    if name == "--version":
        print(f"{PROGRAM} {__version__}")
        return 0
    # Modules and scripts of a checkout are written with underscores.
    command = COMMANDS.get(name.replace("_", "-"))
    if command is None:
        print(unknown(name, program), file=sys.stderr)
        return EXIT_USER_ERROR
    module = importlib.import_module(f"iclip.commands.{command.module}")
    return main(module, rest, f"{program} {command.name}")


def overview(program: str = PROGRAM) -> str:
    """Lay out all sub-commands, a line each."""
    width = max(map(len, COMMANDS)) + 2
    lines = [
        f"usage: {program} COMMAND ...",
        f"       {program} COMMAND --help     what it does, and its options",
        f"       {program} --version",
    ]
    for title, commands in GROUPS.items():
        lines += ["", title]
        lines += [f"  {command.name:<{width}}{command.summary}" for command in commands]
    return "\n".join(lines)


def unknown(name: str, program: str = PROGRAM) -> str:
    """Say that there is no such sub-command, and which one may be meant."""
    lists = f"`{program} --help` lists them"
    if name.startswith("-"):
        return f"{program}: the name of a command comes before its options, not {name!r}; {lists}"
    nearest = get_close_matches(name.replace("_", "-"), COMMANDS, n=1, cutoff=0.5)
    meant = f"did you mean {nearest[0]!r}? " if nearest else ""
    return f"{program}: {name!r} is not a command; {meant}{lists}"


def main() -> int:
    """Run what this process's command line says; returns the exit code."""
    as_module = Path(sys.argv[0]).name == "__main__.py"
    return run_program(sys.argv[1:], f"python -m {PROGRAM}" if as_module else PROGRAM)
