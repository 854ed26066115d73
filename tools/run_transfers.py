"""Run the command run_transfers: iclip/commands/run_transfers.py."""

import sys

from iclip.commands import run_transfers
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(run_transfers))
