"""``python -m iclip COMMAND ...``, the same as ``iclip COMMAND ...``."""

import sys

from iclip.commands.program import main

if __name__ == "__main__":
    sys.exit(main())
