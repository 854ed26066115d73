"""Run the command checkpoint: iclip/commands/checkpoint.py."""

import sys

from iclip.commands import checkpoint
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(checkpoint))
