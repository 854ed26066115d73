"""Run the command report: iclip/commands/report.py."""

import sys

from iclip.commands import report
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(report))
