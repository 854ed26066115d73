"""Run the command replay: iclip/commands/replay.py."""

import sys

from iclip.commands import replay
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(replay))
