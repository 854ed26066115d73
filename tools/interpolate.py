"""Run the command interpolate: iclip/commands/interpolate.py."""

import sys

from iclip.commands import interpolate
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(interpolate))
