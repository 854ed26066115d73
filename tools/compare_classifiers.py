"""Run the command compare_classifiers: iclip/commands/compare_classifiers.py."""

import sys

from iclip.commands import compare_classifiers
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(compare_classifiers))
