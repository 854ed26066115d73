"""Run the command push: iclip/commands/push.py."""

import sys

from iclip.commands import push
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(push))
