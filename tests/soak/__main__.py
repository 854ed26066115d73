"""Train for hours and see what grows; exit code 1 if something does, or if the run ends.

    python -m tests.soak
    python -m tests.soak --minutes 10 --out /tmp/soak

Linux only. The folder gets the run, its output, each sample as it is taken (samples.jsonl), the
slopes (soak.json) and a plot of the series (soak.png).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.soak.plot import draw
from tests.soak.slopes import WARM_UP
from tests.soak.training import training
from tests.soak.watch import judge, table, watch


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, watch, judge."""
    args = _parser().parse_args(arguments)
    out = args.out.resolve()
    if (out / "samples.jsonl").exists():
        print(f"--out {args.out} holds an earlier soak: remove it, or give another folder")
        return 2
    with training(out / "run") as process, open(out / "samples.jsonl", "w") as file:

        def keep(sample: object) -> None:
            file.write(json.dumps(asdict(sample)) + "\n")  # type: ignore[call-overload]
            file.flush()

        samples = watch(process.pid, out / "run", args.minutes, args.every, keep)
        ended = process.poll()
    if ended is not None:
        print(f"the run ended with exit code {ended} after {len(samples)} samples; its output:")
        print("\n".join((out / "output.txt").read_text(errors="replace").splitlines()[-20:]))
        return 1
    slopes = judge(samples)
    draw(samples, slopes, out / "soak.png")
    hours = (samples[-1].seconds - samples[0].seconds) / 3600
    found = {"hours": hours, "samples": len(samples), "slopes": [asdict(slope) for slope in slopes]}
    (args.json or out / "soak.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"{hours:.2f} h, {len(samples)} samples; the first {WARM_UP:.0%} are not fitted\n")
    print(table(slopes))
    return int(any(slope.verdict == "grows" for slope in slopes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=120.0, help="how long (120)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between samples (5)")
    parser.add_argument("--out", type=Path, default=Path("work_dirs/soak"), help="folder")
    parser.add_argument(
        "--json", type=Path, metavar="F", help="the slopes' file, not OUT/soak.json"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
