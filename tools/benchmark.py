"""Run the command benchmark: iclip/commands/benchmark.py."""

import sys

from iclip.commands import benchmark
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(benchmark))
