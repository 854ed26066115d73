"""Measure what the hub does on a GPU, in one run.

    python tools/benchmark.py gpu
    python tools/benchmark.py gpu --minutes 8 --out work_dirs/benchmark/gpu
    python tools/benchmark.py gpu --device cpu --tiny --minutes 3     # its code, without a GPU

The parts in order of importance: whether every method and transfer runs; which attention operators
Swin takes; Swin-B's speed beside timm's and mmdet's; the joint step of configs/iclip_swinb.py; the
transfers' steps at their real sizes; zero-shot classification. Inputs are made up: no data set is
needed. Each measurement is appended to OUT.jsonl and OUT.md as it comes. A part that fails is
recorded with its error, and the next one runs. Not run on a GPU yet.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

from iclip.commands.scripts import script_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("what", choices=("gpu",))
    parser.add_argument("--minutes", type=float, default=8.0, help="for all parts (default: 8)")
    parser.add_argument(
        "--out", type=Path, default=Path("work_dirs/benchmark/gpu"), metavar="OUT",
        help="path of the two files, without suffix (default: work_dirs/benchmark/gpu)",
    )  # fmt: skip
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="small forms, to run on a CPU")
    parser.add_argument("--parts", nargs="+", metavar="PART", help="some of the parts only")
    parser.add_argument("--work", metavar="JSON", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> None:
    """Start a process that measures and watch it, or measure if this is that process."""
    import torch

    from iclip.benchmarks import gpu
    from iclip.benchmarks.machine import head
    from iclip.benchmarks.record import Record
    from iclip.benchmarks.settings import Settings

    settings = Settings(args.device, args.tiny, rounds=1 if args.tiny else 5)
    record = Record(args.out)
    if args.work:
        warnings.simplefilter("ignore")  # the frameworks' deprecations are not the user's
        gpu.run_parts(json.loads(args.work), settings, record)
        return
    parts = args.parts or list(gpu.PARTS)
    unknown = [part for part in parts if part not in gpu.PARTS]
    if unknown:
        raise ValueError(
            f"--parts {unknown[0]!r} is unknown; there are {', '.join(map(repr, gpu.PARTS))}"
        )
    if args.minutes <= 0:
        raise ValueError(f"--minutes {args.minutes:g}: give a number above 0")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "--device cuda, and torch sees no GPU: tools/doctor.py says why. "
            "--device cpu --tiny runs the same code in small"
        )
    record.start(head(args.device))
    until = gpu.deadlines(parts, time.time(), args.minutes)
    gpu.supervise(until, gpu.worker_command(script_of("benchmark"), settings, args.out), record)
    print(f"\n{record.table_file}, {record.lines_file}")
