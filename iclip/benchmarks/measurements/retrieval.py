"""Recall of image-text retrieval beside clip_benchmark's own."""

import argparse
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement

_CAPTIONS = 5  # per image, as in MS-COCO and Flickr30K
_KS = (1, 5, 10)


class Retrieval(TimedMeasurement):
    """Recall@1/5/10 both ways of made-up embeddings, five captions per image.

    The hub computes some rows of scores at a time. With --peer beside clip_benchmark, which keeps
    all scores, and whose recalls must be equal.
    """

    peer = "clip_benchmark"
    unit = "captions"
    growth = "images"
    compared = "largest difference of recalls"
    tolerance = 1e-4  # of a percent: the rounding of a mean in float32

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        parser.add_argument(
            "--images", type=int, nargs="+", metavar="I", help="(default: 1000 2000 4000)"
        )
        parser.add_argument("--channels", type=int, default=256, help="of the joint space")

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub and, with --peer, clip_benchmark."""
        return ("iclip", "clip_benchmark") if args.peer else ("iclip",)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of images."""
        for images in args.images or ([20, 40] if args.tiny else [1000, 2000, 4000]):
            builds = {
                "iclip": partial(_ours, images, args.channels),
                "clip_benchmark": partial(_theirs, images, args.channels),
            }
            captions = images * _CAPTIONS
            title = f"{images:,} images, {captions:,} captions"
            compare = _largest_difference if args.peer else None
            yield Case(title, builds, captions, images, compare)


def _ours(images: int, channels: int) -> Run:
    """Build the embeddings, and return the hub's recall."""
    from iclip.benchmarks.inputs.embeddings import captioned_embeds
    from iclip.evaluation.retrieval import retrieval_recall

    return partial(retrieval_recall, *captioned_embeds(images, _CAPTIONS, channels), _KS)


def _theirs(images: int, channels: int) -> Run:
    """Build the same embeddings, and return clip_benchmark's recall."""
    from iclip.benchmarks.inputs.embeddings import captioned_embeds
    from iclip.benchmarks.peers.clip_benchmark_recall import recall

    return partial(recall, *captioned_embeds(images, _CAPTIONS, channels), _KS)


def _largest_difference(results: Mapping[str, Any]) -> float:
    ours, theirs = results["iclip"], results["clip_benchmark"]
    return max(abs(ours[name] - theirs[name]) for name in {*ours, *theirs})
