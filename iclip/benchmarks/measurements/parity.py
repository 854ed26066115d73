"""Scores of one model beside clip_benchmark's: same images, names and templates."""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.benchmarks.harness.measurement import Measurement
from iclip.benchmarks.harness.rows import Quantity, Row
from iclip.data_root import data_root

if TYPE_CHECKING:
    from iclip.benchmarks.peers.clip_benchmark_parity import ComparedScore


class Parity(Measurement):
    """Scores of one model beside clip_benchmark's: same images, names and templates.

        python tools/benchmark.py parity latest.pth --suite toy --retrieval toy
        python tools/benchmark.py parity open_clip:ViT-B-32:openai --suite kornblith12

    Fails if a score differs by more than rounding.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("model", metavar="MODEL", nargs="?", help="as for tools/zeroshot.py")
        parser.add_argument("--suite", help="kornblith12, imagenet1k or toy")
        parser.add_argument("--datasets", help="some of the suite's, with commas")
        parser.add_argument("--retrieval", help="flickr30k, coco or toy")
        parser.add_argument(
            "--data-root", type=Path, default=data_root(), metavar="D",
            help="folder of the data sets (default: ICLIP_DATA, else data)",
        )  # fmt: skip

    def check(self, args: argparse.Namespace) -> None:
        """Refuse a call without a model or without a data set."""
        if not args.tiny and not args.model:
            raise ValueError("MODEL is not given: a checkpoint, or open_clip:NAME:WEIGHTS")
        if not args.tiny and not (args.suite or args.retrieval):
            raise ValueError("nothing to compare: give --suite, --retrieval or both")

    def columns(self, args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
        """Return the columns."""
        return {"": ("data set", "metric", "images", "iclip", "clip_benchmark", "difference")}

    def rows(self, args: argparse.Namespace) -> Iterator[Row]:
        """Yield a row per score."""
        for score in _tiny_scores() if args.tiny else _scores(args):
            yield Row({
                "data set": score.name,
                "metric": score.metric,
                "images": f"{score.images:,}",
                "iclip": Quantity.of(score.ours, "%"),
                "clip_benchmark": Quantity.of(score.theirs, "%"),
                "difference": Quantity.of(score.ours - score.theirs),
            })  # fmt: skip

    def failure(self, rows: Sequence[Row]) -> str | None:
        """Name the scores that differ by more than rounding."""
        from iclip.benchmarks.peers.clip_benchmark_parity import ROUNDING

        found = []
        for row in rows:
            difference = row.cells["difference"]
            assert isinstance(difference, Quantity)
            # Not "larger than": a NaN differs, too.
            if not abs(difference.median) <= ROUNDING:
                found.append(f"{row.cells['data set']}, {row.cells['metric']}")
        return f"not equal: {'; '.join(found)}" if found else None


def _scores(args: argparse.Namespace) -> Iterator["ComparedScore"]:
    """Yield the scores of every data set that was asked for.

    Raises:
        ValueError: None of the suite's data sets is there.
    """
    from iclip.benchmarks.peers.clip_benchmark_parity import (
        compare_classification,
        compare_retrieval,
    )
    from iclip.zeroshot.classification_suites import open_suite
    from iclip.zeroshot.loading import load_zero_shot_model
    from iclip.zeroshot.retrieval_sets import open_retrieval_set

    model = load_zero_shot_model(args.model)
    only = args.datasets.split(",") if args.datasets else None
    sets, missing = open_suite(args.suite, args.data_root, only) if args.suite else ({}, [])
    if not sets and not args.retrieval:
        raise ValueError("\n  ".join([f"--suite {args.suite}: nothing to compare", *missing]))
    for name, images in sets.items():
        yield from compare_classification(model, name, images)
    if args.retrieval:
        captioned = open_retrieval_set(args.retrieval, args.data_root)
        yield from compare_retrieval(model, args.retrieval, captioned)


def _tiny_scores() -> Iterator["ComparedScore"]:
    """Yield the scores of a small model with random weights on a few images of noise."""
    from iclip.benchmarks.inputs.image_folders import first_classes, write_noise
    from iclip.benchmarks.inputs.random_models import small_zero_shot_model
    from iclip.benchmarks.peers.clip_benchmark_parity import compare_classification

    with tempfile.TemporaryDirectory() as made:
        images = first_classes(write_noise(Path(made) / "noise", 3, 4), 3, Path(made) / "links")
        yield from compare_classification(small_zero_shot_model(), "noise", images)
