"""Time and memory of the hub's Swin against the frameworks' own, with the same weights.

    python tools/bench_backbones.py --threads 1 --json speed.json

Image: iclip.SwinBackbone against mmdet's SwinTransformer, Swin-T. Video: iclip.VideoSwinBackbone
against mmaction's SwinTransformer3D. Rounds are interleaved (ours, theirs, ours, ...), medians are
compared, and memory is the peak of a fresh process that does nothing else.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from iclip.benchmarks.peers.backbones import CASES, PASSES, SIDES, Settings, measure, peak
from iclip.engine.provenance import hardware


def main() -> int:
    """Measure and print a Markdown table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="after one warm-up")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--bf16", action="store_true", help="under bfloat16 autocast")
    parser.add_argument("--json", type=Path, metavar="F")
    parser.add_argument("--peak-of", nargs=2, choices=(*PASSES, *SIDES), help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    settings = Settings(args.device, args.bf16, args.threads, args.rounds)
    if args.peak_of:
        name, side = args.peak_of
        print(peak(args.cases[0], name, side, settings))
        return 0
    rows = [row for case in args.cases for row in measure(case, settings)]
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
        args.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
