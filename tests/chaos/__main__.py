"""Inject faults into small trainings on the CPU, and see whether anything is lost.

    python -m tests.chaos                        # each scenario, 10 rounds
    python -m tests.chaos kill notice --rounds 30 --seed 1

Prints a line per fault, ``fault | injected | survived | lost``. Exit code 1 if anything was lost;
the run that lost it is kept.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from iclip.messages import counted
from iclip.progress import Progress
from tests.chaos.catalog import SCENARIOS
from tests.chaos.faults import play


def main(arguments: Sequence[str] | None = None) -> int:
    """Play scenarios; returns the exit code."""
    args = parse(arguments)
    folder = Path(tempfile.mkdtemp(prefix="iclip_chaos_", dir=args.folder))
    names = args.scenarios or list(SCENARIOS)
    progress = Progress("", len(names) * args.rounds)
    rounds, losses = Counter[str](), Counter[str]()
    for name in names:
        for number in range(args.rounds):
            fault = play(SCENARIOS[name], f"{args.seed} {name} {number}", folder)
            progress.done += 1
            rounds[name] += 1
            losses[name] += bool(fault.lost)
            place = f"[{progress.done}/{progress.total}, {progress.time_left()}]"
            print(f"{place} {fault.line()}", flush=True)
    print(table(rounds, losses))
    if losses.total():
        return 1
    shutil.rmtree(folder)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "scenarios", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO",
        help=f"of {', '.join(SCENARIOS)}; default: all",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="per scenario")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="of the runs; the system's")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="another one, other faults"
    )
    return parser.parse_args(arguments)


def table(rounds: Counter[str], losses: Counter[str]) -> str:
    """Compose the table of the end: rounds and losses per scenario."""
    lines = [f"{'scenario':<16}{'rounds':>8}{'lost':>8}"]
    lines += [f"{name:<16}{rounds[name]:>8}{losses[name]:>8}" for name in rounds]
    lines += [f"{counted(rounds.total(), 'round')}, lost: {losses.total()}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
