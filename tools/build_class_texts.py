"""Run the command build_class_texts: iclip/commands/build_class_texts.py."""

import sys

from iclip.commands import build_class_texts
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(build_class_texts))
