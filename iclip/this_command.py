"""The command that started this process, for records."""

import shlex
import sys
from pathlib import Path


def this_command() -> str:
    """Return this process's command line as a shell takes it, without the program's folder."""
    program, arguments = Path(sys.argv[0]), sys.argv[1:]
    as_module = program.name == "__main__.py"
    return shlex.join(
        [*(["python", "-m", program.parent.name] if as_module else [program.name]), *arguments]
    )
