"""Run the command bench_backbones: iclip/commands/bench_backbones.py."""

import sys

from iclip.commands import bench_backbones
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(bench_backbones))
