"""From shards of images to batches, beside open_clip's pipeline and decoding alone."""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement

_OURS, _DECODE, _THEIRS = "iclip", "decode alone", "open_clip"
_SCALE = (0.08, 1.0)  # areas of the crops
_SIDE = 224


class Data(TimedMeasurement):
    """Images per second from shards to batches of random crops at 224 pixels, with captions.

        python tools/benchmark.py data --images FOLDER --workers 0 2 --peer

    Beside the hub's decoding and cropping alone, of images that are in memory and without batches.
    With --peer beside open_clip's webdataset pipeline, with the same crops and as many workers;
    it shuffles within a buffer, and the hub over all shards.
    """

    peer = "open_clip's webdataset pipeline"
    unit = "images"
    memory = False

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--images", type=Path, metavar="D", help="JPEG files (default: noise)")
        parser.add_argument("--workers", type=int, nargs="+", default=[0], metavar="W")
        parser.add_argument("--batch-size", type=int, default=64, metavar="B")
        parser.add_argument("--batches", type=int, metavar="N", help="per round (default: 8)")
        parser.add_argument("--shards", type=int, metavar="S", help="(default: 8)")
        parser.add_argument("--pairs", type=int, metavar="N", help="per shard (default: 250)")

    def check(self, args: argparse.Namespace) -> None:
        """Refuse a folder without images."""
        if args.images is not None and not _images(args.images):
            raise ValueError(f"--images {args.images}: there is no .jpg, .jpeg or .JPEG below it")

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub's loader, its decoding alone and, with --peer, open_clip's loader."""
        return (_OURS, _DECODE, _THEIRS) if args.peer else (_OURS, _DECODE)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of workers."""
        from iclip.benchmarks.inputs.shards import write_shards

        tiny = args.tiny
        count, pairs = args.shards or (2 if tiny else 8), args.pairs or (8 if tiny else 250)
        batches = args.batches or (2 if tiny else 8)
        size = min(args.batch_size, pairs)
        files = _images(args.images) if args.images else []
        with tempfile.TemporaryDirectory() as folder:
            shards = write_shards(Path(folder), count, pairs, files)
            for workers in args.workers:
                loading = (shards, size, workers, batches)
                builds: dict[str, Callable[[], Run]] = {
                    _OURS: partial(_ours, *loading),
                    _THEIRS: partial(_theirs, count * pairs, *loading),
                }
                if not workers:
                    builds[_DECODE] = partial(_decode, shards, size * batches)
                what = "images" if files else "made-up images"
                title = f"{what}, batches of {size}, {workers} workers"
                yield Case(title, builds, size * batches)


def _images(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))


def _transform() -> dict[str, Any]:
    return dict(type="RandomResizedCropFlip", size=_SIDE, scale=_SCALE, flip=0.0)


def _source(shards: list[str]) -> Any:
    from iclip.datasets.image_text_pairs import ImageTextPairs

    return ImageTextPairs(shards, _transform(), dict(type="CLIPTokenizer"))


def _ours(shards: list[str], batch_size: int, workers: int, batches: int) -> Run:
    """Build the data loader of pre-training, and return a call that takes so many batches."""
    from torch.utils.data import DataLoader

    from iclip.datasets.collate import collate_samples
    from iclip.datasets.mixed_sources import MixedSources
    from iclip.datasets.mixing_batch_sampler import MixingBatchSampler
    from iclip.datasets.source_sampler import SourceSampler

    mixed: Any = MixedSources(pairs=_source(shards))
    sampler = MixingBatchSampler(SourceSampler(mixed, seed=0), batch_size, ratio=(0, 1))
    loader = DataLoader(
        mixed, batch_sampler=sampler, num_workers=workers, collate_fn=collate_samples
    )
    return _taken(iter(loader), batches)


def _theirs(samples: int, shards: list[str], batch_size: int, workers: int, batches: int) -> Run:
    """Build open_clip's data loader, and return a call that takes so many batches."""
    from iclip.benchmarks.peers.open_clip_data import OpenClipLoader

    loader = OpenClipLoader(shards, samples, batch_size, workers, _SIDE, _SCALE)
    return _taken(loader.batches(), batches)


def _taken(loader: Iterator[Any], batches: int) -> Run:
    """Return a call that takes the next batches and drops them, without the loader's start."""
    next(loader)

    def run() -> None:
        for _ in islice(loader, batches):
            pass

    return run


def _decode(shards: list[str], images: int) -> Run:
    """Read images into memory, and return a call that decodes and crops them."""
    from iclip.registry import TRANSFORMS

    source, transform = _source(shards), TRANSFORMS.build(_transform())
    # In large steps through the shards, as a shuffled order takes them.
    places = [number * 7919 % len(source) for number in range(images)]
    encoded = [source.read(place)[0] for place in places]

    def run() -> None:
        for seed, content in enumerate(encoded):
            transform(content, seed)

    return run
