"""Run the command bench_parity: iclip/commands/bench_parity.py."""

import sys

from iclip.commands import bench_parity
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(bench_parity))
