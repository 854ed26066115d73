"""Run the command eval_lvis: iclip/commands/eval_lvis.py."""

import sys

from iclip.commands import eval_lvis
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(eval_lvis))
