"""Run the command plan: iclip/commands/plan.py."""

import sys

from iclip.commands import plan
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(plan))
