"""Run the command bench_zeroshot: iclip/commands/bench_zeroshot.py."""

import sys

from iclip.commands import bench_zeroshot
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(bench_zeroshot))
