"""LVIS's box AP beside the LVIS authors' own evaluation."""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement


class Lvis(TimedMeasurement):
    """LVIS's box AP of made-up detections: 1,203 categories, 12 boxes and 300 detections per image.

    From the two files to AP, AP50, AP75, by size and by frequency. With --peer beside the LVIS
    authors' package, whose scores must be equal.
    """

    peer = "the LVIS authors' package"
    unit = "images"
    growth = "images"
    compared = "largest difference of scores"
    tolerance = 1e-3  # of a percent

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        parser.add_argument("--images", type=int, nargs="+", metavar="I", help="(default: 100 400)")

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub and, with --peer, the authors' package."""
        return ("iclip", "lvis") if args.peer else ("iclip",)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of images."""
        from iclip.benchmarks.inputs.detections import write_lvis

        categories = 20 if args.tiny else 1203
        for images in args.images or ([4, 8] if args.tiny else [100, 400]):
            with tempfile.TemporaryDirectory() as folder:
                files = write_lvis(Path(folder), images, categories)
                builds = {"iclip": partial(_ours, *files), "lvis": partial(_theirs, *files)}
                compare = _largest_difference if args.peer else None
                title = f"{images:,} images, {categories:,} categories"
                yield Case(title, builds, images, images, compare)


def _ours(annotations: Path, detections: Path) -> Run:
    from iclip.evaluation.lvis_ap import evaluate_file

    return partial(evaluate_file, annotations, detections)


def _theirs(annotations: Path, detections: Path) -> Run:
    from iclip.benchmarks.peers.lvis_authors import evaluate_file

    return partial(evaluate_file, annotations, detections)


def _largest_difference(results: Mapping[str, Any]) -> float:
    ours, theirs = results["iclip"], results["lvis"]
    return max(abs(ours[name] - theirs[name]) for name in theirs)
