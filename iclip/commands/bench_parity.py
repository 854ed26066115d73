"""Scores of one model beside clip_benchmark's: same images, names and templates.

    python tools/bench_parity.py work_dirs/quickstart/latest.pth --suite toy --retrieval toy
    python tools/bench_parity.py open_clip:ViT-B-32:openai --suite kornblith12 --data-root data

Prints a Markdown table of top-1, mean per class and recall by both; fails if one differs by more
than rounding.
"""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from iclip.commands.command_line import CommandFailed
from iclip.commands.options import add_data_root_option

if TYPE_CHECKING:
    from iclip.benchmarks.peers.clip_benchmark_parity import ComparedScore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("model", metavar="MODEL", help="as for tools/zeroshot.py")
    parser.add_argument("--suite", help="kornblith12, imagenet1k or toy")
    parser.add_argument("--datasets", help="some of the suite's, with commas")
    parser.add_argument("--retrieval", help="flickr30k, coco or toy")
    add_data_root_option(parser)


def run(args: argparse.Namespace) -> None:
    """Print the table.

    Raises:
        CommandFailed: A score differs.
    """
    print("| data set | figure | images | iclip | clip_benchmark | difference |")
    print("|---|---|---|---|---|---|")
    different = []
    for row in compare(args):
        cells = (row.name, row.metric, f"{row.images:,}", f"{row.ours:.4f}", f"{row.theirs:.4f}")
        print(f"| {' | '.join(cells)} | {row.ours - row.theirs:+.0e} |", flush=True)
        if row.differs:
            different.append(f"{row.name}, {row.metric}")
    if different:
        raise CommandFailed(f"not equal: {'; '.join(different)}")


def compare(args: argparse.Namespace) -> Iterator["ComparedScore"]:
    """Yield the scores of every data set that was asked for.

    Raises:
        ValueError: There is nothing to compare.
    """
    from iclip.benchmarks.peers.clip_benchmark_parity import (
        compare_classification,
        compare_retrieval,
    )
    from iclip.zeroshot.loading import load_zero_shot_model
    from iclip.zeroshot.retrieval_sets import open_retrieval_set
    from iclip.zeroshot.suites import open_suite

    model = load_zero_shot_model(args.model)
    only = args.datasets.split(",") if args.datasets else None
    sets, missing = open_suite(args.suite, args.data_root, only) if args.suite else ({}, [])
    if not sets and not args.retrieval:
        raise ValueError("\n  ".join(["nothing to compare: give --suite, --retrieval", *missing]))
    for name, images in sets.items():
        yield from compare_classification(model, name, images)
    if args.retrieval:
        captioned = open_retrieval_set(args.retrieval, args.data_root)
        yield from compare_retrieval(model, args.retrieval, captioned)
