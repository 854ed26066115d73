"""Run the command test: iclip/commands/test.py."""

import sys

from iclip.commands import test
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(test))
