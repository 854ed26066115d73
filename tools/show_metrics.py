"""Show what a run on the toy world has learnt, beside what guessing would give.

python tools/show_metrics.py work_dirs/quickstart
"""

import argparse
import os
import sys
from pathlib import Path

from iclip.toy.summary import read_summary


def main() -> int:
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work_dir", type=Path, help="folder of the run")
    args = parser.parse_args()
    try:
        text = read_summary(args.work_dir, Path(os.environ.get("ICLIP_DATA", "data")) / "toy")
    except (OSError, ValueError) as error:
        print(f"show_metrics: {error}", file=sys.stderr)
        return 2
    print(text)
    print(f"Logs, TensorBoard events and checkpoints: {args.work_dir.resolve()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
