"""Run the command retrieval: iclip/commands/retrieval.py."""

import sys

from iclip.commands import retrieval
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(retrieval))
