"""Run the command predict: iclip/commands/predict.py."""

import sys

from iclip.commands import predict
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(predict))
