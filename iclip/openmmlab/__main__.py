"""Run a script of others with the hub's operators and types in place.

    python -m iclip.openmmlab SCRIPT [ARGUMENTS]
    torchrun --nproc-per-node 8 -m iclip.openmmlab tools/train.py CONFIG --launcher pytorch

SCRIPT is a Python file, such as mmdet's own tools/train.py; it needs no change. It runs as it would
by `python SCRIPT ARGUMENTS`: as the module __main__, with its folder first among those that it
imports from. mmcv, mmdet, mmseg and mmaction can be imported, and a config finds the hub's types,
such as `iclip.SwinBackbone`. Processes that it starts by multiprocessing have them, too.
"""

import os
import sys

from iclip.openmmlab.foreign_script import run_script

PROGRAM = "python -m iclip.openmmlab"
EXIT_USER_ERROR = 2


def main(arguments: list[str]) -> int:
    """Run the script that the arguments name, or say how to; returns the exit code."""
    script = arguments[0] if arguments else "--help"
    if script in ("-h", "--help"):
        print((__doc__ or "").strip())
        return 0 if arguments else EXIT_USER_ERROR
    if not os.path.isfile(script):
        print(
            f"{PROGRAM}: {script} is not a file; name a Python script, and its arguments behind it",
            file=sys.stderr,
        )
        return EXIT_USER_ERROR
    run_script(script, arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
