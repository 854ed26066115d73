"""Show what a run on the toy world has learnt, beside what guessing would give.

python tools/show_metrics.py work_dirs/quickstart
"""

import argparse
from pathlib import Path

from iclip.data_root import data_root
from iclip.toy.summary import read_summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("work_dir", type=Path, help="folder of the run")


def run(args: argparse.Namespace) -> None:
    """Print the table."""
    print(read_summary(args.work_dir, data_root() / "toy"))
    print(f"Logs, TensorBoard events and checkpoints: {args.work_dir.resolve()}")
