"""Run the command index_data: iclip/commands/index_data.py."""

import sys

from iclip.commands import index_data
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(index_data))
