"""Run the command fetch_wordnet: iclip/commands/fetch_wordnet.py."""

import sys

from iclip.commands import fetch_wordnet
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(fetch_wordnet))
