"""Run the command doctor: iclip/commands/doctor.py."""

import sys

from iclip.commands import doctor
from iclip.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(doctor))
