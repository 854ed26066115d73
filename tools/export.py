"""Run the command export: iclip/commands/export.py."""

import sys

from iclip.commands import export
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(export))
