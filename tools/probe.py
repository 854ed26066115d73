"""Run the command probe: iclip/commands/probe.py."""

import sys

from iclip.commands import probe
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(probe))
