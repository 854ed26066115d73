"""Run the command compare_methods: iclip/commands/compare_methods.py."""

import sys

from iclip.commands import compare_methods
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(compare_methods))
