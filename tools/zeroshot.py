"""Run the command zeroshot: iclip/commands/zeroshot.py."""

import sys

from iclip.commands import zeroshot
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(zeroshot))
