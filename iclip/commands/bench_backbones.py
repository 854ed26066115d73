"""Time and memory of the hub's Swin beside the frameworks' own, with the same weights.

    python tools/bench_backbones.py --threads 1 --json speed.json

Image: iclip.SwinBackbone against mmdet's SwinTransformer, Swin-T. Video: iclip.VideoSwinBackbone
against mmaction's SwinTransformer3D. Rounds are interleaved (ours, theirs, ours, ...), medians are
compared, and memory is the peak of a fresh process that does nothing else.
"""

import argparse
import json
from pathlib import Path

from iclip.commands.scripts import script_of
from iclip.files.atomic import write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    from iclip.benchmarks.peers.backbones import CASES, PASSES, SIDES

    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="after one warm-up")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--bf16", action="store_true", help="under bfloat16 autocast")
    parser.add_argument("--json", type=Path, metavar="F")
    parser.add_argument("--peak-of", nargs=2, choices=(*PASSES, *SIDES), help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> None:
    """Measure and print a Markdown table."""
    import torch

    from iclip.benchmarks.peers.backbones import Case, measure, peak_memory_gb
    from iclip.benchmarks.settings import Settings
    from iclip.engine.start.provenance import hardware

    torch.set_num_threads(args.threads)
    settings = Settings(args.device, rounds=args.rounds)
    cases = [Case(name, settings, args.bf16, args.threads) for name in args.cases]
    if args.peak_of:
        print(peak_memory_gb(cases[0], *args.peak_of))
        return
    rows = [row for case in cases for row in measure(case, script_of("bench_backbones"))]
    print(f"{hardware()['processor']}, {args.threads} thread(s), torch {torch.__version__}\n")
    print("| case | pass | iclip | peer | peer / iclip | memory iclip | memory peer |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['case']} | {row['pass']} | {row['iclip']:.3f} s | {row['peer']:.3f} s | "
            f"{row['peer'] / row['iclip']:.2f} | {row['memory_iclip']:.2f} GB | "
            f"{row['memory_peer']:.2f} GB |"
        )
    if args.json:
        write_atomically(args.json, json.dumps(rows, indent=1) + "\n")
