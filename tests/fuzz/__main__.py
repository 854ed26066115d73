"""Feed what reads foreign files with nearly right ones: ``python -m tests.fuzz [TARGET ...]``.

Each target runs for so many minutes. A line says how many inputs it was given, and the smallest one
that shows a fault, if there is any; the exit code is then 1. A crash of the interpreter ends the
program with the place in the code.
"""

import argparse
import faulthandler
import itertools
import logging
import resource
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from tests.fuzz.target import Target, limit_memory, try_inputs
from tests.fuzz.targets import TARGETS

# Inputs between two looks at the clock.
ROUND = 100


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--minutes", type=float, default=10, help="for each target; default 10")
    parser.add_argument("--seed", type=int, default=0, help="of the first inputs; default 0")
    args = parser.parse_args()
    unknown = [name for name in args.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    faulthandler.enable()
    warnings.simplefilter("ignore")
    logging.disable()
    limit_memory()
    chosen = args.targets or list(TARGETS)
    faulty = [name for name in chosen if not fuzz(TARGETS[name], args.minutes * 60, args.seed)]
    return 1 if faulty else 0


def fuzz(target: Target, seconds: float, seed: int) -> bool:
    """Run a target and print its line; returns whether no fault was found."""
    begin, grown, count = time.monotonic(), peak_megabytes(), 0
    told = "no fault"
    with tempfile.TemporaryDirectory() as folder:
        for number in itertools.count(seed):
            if time.monotonic() - begin > seconds:
                break
            try:
                count += try_inputs(target, Path(folder), ROUND, number)
            except Exception:
                traceback.print_exc()
                told = f"FAULT at seed {number} (above)"
                break
    took, grown = time.monotonic() - begin, peak_megabytes() - grown
    line = f"{target.name}: {count:,} inputs in {took:.0f} s, memory +{grown:.0f} MB, {told}"
    print(line, flush=True)
    return told == "no fault"


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
