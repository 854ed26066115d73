"""Images per second of zero-shot classification beside clip_benchmark's, same model and images.

    python tools/bench_zeroshot.py photos --model ViT-B-32 --rounds 3

The weights are random, since values do not matter; rounds are interleaved and medians compared. The
second set of prompts is timed on the kept embeddings, against the first run with everything to
compute.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("folder", type=Path, help="a folder per class")
    parser.add_argument("--model", default="ViT-B-32", help="open_clip's name")
    parser.add_argument("--classes", type=int, default=200, help="the first so many folders")
    parser.add_argument("--rounds", type=int, default=3, help="after one warm-up")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--workers", type=int, default=0)


def run(args: argparse.Namespace) -> None:
    """Measure and print."""
    import torch

    from iclip.benchmarks.peers.clip_benchmark_speed import AGAIN, OURS, THEIRS, measure
    from iclip.benchmarks.settings import Settings
    from iclip.engine.start.provenance import hardware
    from iclip.zeroshot.loading import load_zero_shot_model

    model = load_zero_shot_model(f"open_clip:{args.model}")
    settings = Settings("cpu", rounds=args.rounds)
    seconds, count = measure(
        model, args.folder, args.classes, settings, args.batch_size, args.workers
    )
    print(f"{hardware()['processor']}, {torch.get_num_threads()} thread(s), {args.model}")
    for name in (OURS, THEIRS):
        print(f"{name:<16}{seconds[name]:8.2f} s {count / seconds[name]:8.1f} images/s")
    print(f"{'ratio':<16}{seconds[THEIRS] / seconds[OURS]:8.2f}")
    print(f"{AGAIN:<16}{seconds[AGAIN]:8.2f} s, {seconds[OURS] / seconds[AGAIN]:.1f} times faster")
