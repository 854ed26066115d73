"""Run the command bench_layouts: iclip/commands/bench_layouts.py."""

import sys

from iclip.commands import bench_layouts
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(bench_layouts))
