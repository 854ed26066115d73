"""Figures of one model beside clip_benchmark's: same images, names and templates.

    python tools/bench_parity.py work_dirs/quickstart/latest.pth --suite toy --retrieval toy
    python tools/bench_parity.py open_clip:ViT-B-32:openai --suite kornblith12 --data-root data

Prints a Markdown table of top-1, mean per class and recall by both; fails if one differs by more
than rounding.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from iclip.commands.options import add_data_root_option

ROUNDING = 1e-4  # percent
Row = tuple[str, str, int, float, float]


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
        ValueError: A figure differs, or there is nothing to compare.
    """
    print("| data set | figure | images | iclip | clip_benchmark | difference |")
    print("|---|---|---|---|---|---|")
    different = []
    with tempfile.TemporaryDirectory() as cache:
        for name, figure, images, ours, theirs in compare(args, Path(cache)):
            cells = (name, figure, f"{images:,}", f"{ours:.4f}", f"{theirs:.4f}")
            print(f"| {' | '.join(cells)} | {ours - theirs:+.0e} |", flush=True)
            if abs(ours - theirs) > ROUNDING:
                different.append(f"{name}, {figure}")
    if different:
        raise ValueError(f"not equal: {'; '.join(different)}")


def compare(args: argparse.Namespace, cache: Path) -> Iterator[Row]:
    """Yield data set, figure, number of images, our percentage and clip_benchmark's."""
    from iclip.benchmarks.peers import clip_benchmark as peer
    from iclip.zeroshot.classify import evaluate_set
    from iclip.zeroshot.embeddings import embed
    from iclip.zeroshot.loading import load_zero_shot_model
    from iclip.zeroshot.retrieval_sets import open_retrieval_set
    from iclip.zeroshot.retrieve import evaluate_retrieval
    from iclip.zeroshot.suites import open_suite

    model = load_zero_shot_model(args.model)
    only = args.datasets.split(",") if args.datasets else None
    sets, missing = open_suite(args.suite, args.data_root, only) if args.suite else ({}, [])
    if not sets and not args.retrieval:
        raise ValueError("\n  ".join(["nothing to compare: give --suite, --retrieval", *missing]))
    for name, images in sets.items():
        if images.metric == "11-point mAP":  # clip_benchmark takes another mean
            continue
        names = [text.names[0] for text in images.class_texts]
        theirs = peer.classify(model, images.labelled, names, images.templates)
        found = embed(model, images.pictures, cache)
        for metric, value in theirs.items():
            ours = evaluate_set(model, replace(images, metric=metric), found, variant="name")
            yield name, metric, len(found.numbers), ours.score, value
    if args.retrieval:
        captioned = open_retrieval_set(args.retrieval, args.data_root)
        found = embed(model, captioned.pictures, cache)
        recall = evaluate_retrieval(model, captioned, found).short_scores
        for name, value in peer.retrieve(model, captioned).items():
            yield f"{args.retrieval} retrieval", name, len(captioned), recall[name], value
