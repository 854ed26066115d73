"""Run the command show_metrics: iclip/commands/show_metrics.py."""

import sys

from iclip.commands import show_metrics
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(show_metrics))
