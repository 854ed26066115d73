"""Zero-shot classification beside clip_benchmark's, same model and images."""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iclip.benchmarks.harness.timed import Case, TimedMeasurement, built

_OURS, _AGAIN, _THEIRS = "iclip", "second prompts", "clip_benchmark"


class ZeroShot(TimedMeasurement):
    """Images per second of zero-shot classification; the model's weights are random.

        python tools/benchmark.py zeroshot photos --classes 10 128 --peer

    The second prompts are evaluated on the kept embeddings, against the first run with everything
    to compute. With --peer beside clip_benchmark, whose top-1 must be equal.
    """

    peer = "clip_benchmark"
    unit = "images"
    growth = "classes"
    compared = "difference of top-1"
    tolerance = 1e-4  # of a percent: the rounding of a mean in float32
    memory = False

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("folder", type=Path, nargs="?", help="a folder per class")
        parser.add_argument("--model", default="ViT-B-32", help="open_clip's name")
        parser.add_argument(
            "--classes", type=int, nargs="+", default=[200], metavar="N",
            help="the first so many folders (default: 200)",
        )  # fmt: skip
        parser.add_argument("--batch-size", type=int, default=32)
        parser.add_argument("--workers", type=int, default=0)

    def check(self, args: argparse.Namespace) -> None:
        """Refuse a call without a folder."""
        if not args.tiny and (args.folder is None or not args.folder.is_dir()):
            raise ValueError(f"folder {args.folder}: give a folder that holds a folder per class")

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub's two evaluations and, with --peer, clip_benchmark's."""
        return (_OURS, _AGAIN, _THEIRS) if args.peer else (_OURS, _AGAIN)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of classes."""
        from iclip.benchmarks.inputs.image_folders import first_classes, write_noise
        from iclip.benchmarks.peers.clip_benchmark_speed import Classification
        from iclip.zeroshot.loading import load_zero_shot_model

        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder)
            if args.tiny:
                from iclip.benchmarks.inputs.random_models import small_zero_shot_model

                model, root = small_zero_shot_model(), write_noise(made / "noise", 3, 4)
            else:
                model, root = load_zero_shot_model(f"open_clip:{args.model}"), args.folder
            for classes in args.classes:
                images = first_classes(root, classes, made / f"first{classes}")
                both = Classification(
                    model, images, made / f"kept{classes}", args.batch_size, args.workers
                )
                builds = {
                    _OURS: built(both.ours),
                    _AGAIN: built(both.with_other_prompts),
                    _THEIRS: built(both.theirs),
                }
                number = len(images.class_texts)
                title = f"{len(images.labelled):,} images, {number:,} classes"
                compare = _difference if args.peer else None
                yield Case(title, builds, len(images.labelled), number, compare)


def _difference(results: Mapping[str, Any]) -> float:
    """Return the difference of both top-1, in percent."""
    return results[_OURS] - results[_THEIRS]
