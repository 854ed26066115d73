"""Run the command train: iclip/commands/train.py."""

import sys

from iclip.commands import train
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(train))
