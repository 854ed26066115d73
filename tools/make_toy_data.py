"""Run the command make_toy_data: iclip/commands/make_toy_data.py."""

import sys

from iclip.commands import make_toy_data
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(make_toy_data))
