"""How mixed an order of reading is, and how many files it opens."""

import argparse
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iclip.benchmarks.harness.measurement import Measurement
from iclip.benchmarks.harness.rows import Cell, Quantity, Row
from iclip.datasets.mixing_batch_sampler import MixingBatchSampler
from iclip.datasets.source_sampler import SourceSampler
from iclip.files.open_file_limit import RESERVE

Integers = NDArray[np.int64]

_PAIRS, _LABELLED = "Pairs in shards", "Labelled images in a tar per class"
_PAIRS_COLUMNS = (
    "order", "ranks x workers", "files opened per pair", "shards per micro-batch",
    "shards per step", "variance of a step's mean",
)  # fmt: skip
_LABELLED_COLUMNS = (
    "limit of open files", "ranks x workers", "tars that stay open",
    "files opened per image, first epoch", "later epochs", "whole run",
)  # fmt: skip
# The steps of configs/iclip_swinb.py: 64 micro-batches of 64 labelled images and 128 pairs.
_MICRO_BATCHES, _IMAGES, _PAIRS_PER_BATCH, _STEPS = 64, 64, 128, 100_000
# Files that a data worker keeps open besides, see `OpenFiles`.
_LAST_FILES = 128
# Of two samples of one shard, to see what the order would cost then.
_CORRELATION = 0.01


class Order(Measurement):
    """The files that each data worker opens and the shards that a step is drawn from.

        python tools/benchmark.py order --ranks 1 8 64 --workers 8

    The orders are those of training, at the sizes of LAION-400M and ImageNet-22K and with the steps
    of configs/iclip_swinb.py; nothing is read. Made up are the sizes of shards (8,500 to 10,000)
    and of classes (exponential with a mean of 650, which has the published share of images in
    classes of 500 and more). The variance of a mean over a step is relative to that of independent
    samples, if two samples of one shard have the correlation 0.01. A whole run has 100,000 steps.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--ranks", type=int, nargs="+", default=[1, 8, 64], metavar="R")
        parser.add_argument("--workers", type=int, default=8, metavar="W", help="of each rank")
        parser.add_argument(
            "--limits", type=int, nargs="+", default=[1_048_576, 20_000], metavar="N",
            help="hard limits of open files (default: 1048576 20000)",
        )  # fmt: skip

    def check(self, args: argparse.Namespace) -> None:
        """Refuse numbers of ranks that cannot share a step."""
        for ranks in args.ranks:
            if ranks < 1 or _MICRO_BATCHES % ranks:
                raise ValueError(
                    f"--ranks {ranks}: give a number that divides {_MICRO_BATCHES}, such as 8"
                )
        if args.workers < 1:
            raise ValueError(f"--workers {args.workers}: give 1 or more")

    def columns(self, args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
        """Return the columns of the pairs and of the labelled images."""
        return {_PAIRS: _PAIRS_COLUMNS, _LABELLED: _LABELLED_COLUMNS}

    def rows(self, args: argparse.Namespace) -> Iterator[Row]:
        """Yield a row per order and number of ranks, then one per limit and number of ranks."""
        random = np.random.default_rng(0)
        shards = _starts(random.integers(8_500, 10_001, 300 if args.tiny else 41_455))
        # ImageNet-22K's largest class has 3,047 images.
        sizes = np.minimum(np.ceil(random.exponential(650, 500 if args.tiny else 21_841)), 3_047)
        for window, run in ((None, 1), (128, 1), (128, 32)):
            for ranks in args.ranks:
                yield _pairs_row(shards, window, run, ranks, args.workers)
        for limit in (None, *args.limits):
            for ranks in args.ranks:
                yield _labelled_row(_starts(sizes.astype(np.int64)), limit, ranks, args.workers)


def _pairs_row(starts: Integers, window: int | None, run: int, ranks: int, workers: int) -> Row:
    """Follow the order of pairs; without a window, it is one permutation."""
    sampler = _sampler(starts, None if window is None else starts, window or 1, run)
    batches = list(worker_batches(sampler, _PAIRS_PER_BATCH, ranks, workers))
    size = _MICRO_BATCHES * _PAIRS_PER_BATCH
    steps = [_samples(sampler.sample_keys(0, step * size, size)) for step in (0, 100, 1000)]
    order = "one permutation" if window is None else f"windows of {window}, runs of {run}"
    values = (
        opens_per_sample(batches, starts, _LAST_FILES),
        shards_per_batch(batches, starts),
        shards_per_batch(steps, starts),
        variance_inflation(steps, starts, _CORRELATION),
    )
    cells: tuple[Cell, ...] = (order, f"{ranks} x {workers}", *map(Quantity.of, values))
    return Row(dict(zip(_PAIRS_COLUMNS, cells, strict=True)), _PAIRS)


def _labelled_row(starts: Integers, limit: int | None, ranks: int, workers: int) -> Row:
    """Follow the order of labelled images; without a limit, no tar stays open, as before."""
    tars, images = len(starts) - 1, int(starts[-1])
    room = 0 if limit is None else max(0, min(tars, limit - RESERVE))
    kept = np.argsort(-np.diff(starts), kind="stable")[:room]
    batches = worker_batches(_sampler(starts, None), _IMAGES, ranks, workers)
    later = opens_per_sample(batches, starts, _LAST_FILES, set(kept.tolist()))
    # The kept tars are opened once by each rank; its workers find them open.
    once = room / (images / ranks)
    epochs = _STEPS * _MICRO_BATCHES * _IMAGES / images
    opens = map(Quantity.of, (later + once, later, later + once / epochs))
    allowed = f"{_LAST_FILES} tars per worker" if limit is None else f"{limit:,}"
    cells: tuple[Cell, ...] = (allowed, f"{ranks} x {workers}", f"{room:,}", *opens)
    return Row(dict(zip(_LABELLED_COLUMNS, cells, strict=True)), _LABELLED)


def worker_batches(
    sampler: SourceSampler, size: int, ranks: int, workers: int, count: int = 40
) -> Iterator[Integers]:
    """Yield the samples of the first batches that the first data worker of a rank loads.

    Args:
        sampler: The stream of a single source.
        size: Samples of it per micro-batch.
        ranks: Number of ranks; a rank in the middle is followed.
        workers: Data workers of each.
        count: Number of batches.
    """
    parts = _MICRO_BATCHES // ranks
    batches = MixingBatchSampler(sampler, size, (1,), parts, ranks // 2, ranks)
    for number in range(0, count * workers, workers):
        yield _samples(batches.micro_batch(*divmod(number, parts)))


def shards_per_batch(batches: Iterable[Integers], starts: Integers) -> float:
    """Return the mean number of different shards that a batch is drawn from.

    Args:
        batches: The samples of each batch.
        starts: Number of each shard's first sample, then of all samples; (S + 1,).
    """
    return float(np.mean([len(np.unique(shards_of(batch, starts))) for batch in batches]))


def variance_inflation(batches: Iterable[Integers], starts: Integers, correlation: float) -> float:
    """Return how much larger a batch mean's variance is than that of independent samples.

    It is 1 + (n - 1) c for n samples of which each two have the correlation c (Kish, "Survey
    Sampling", 1965, section 5.4). Here only samples of one shard are correlated.

    Args:
        batches: The samples of each batch.
        starts: Number of each shard's first sample, then of all samples; (S + 1,).
        correlation: Of two samples of one shard, whatever is averaged.
    """
    together = []
    for batch in batches:
        counts = np.unique(shards_of(batch, starts), return_counts=True)[1]
        # Ordered pairs of different samples in one shard, per sample.
        together.append(np.sum(counts * (counts - 1)) / len(batch))
    return float(1 + correlation * np.mean(together))


def opens_per_sample(
    batches: Iterable[Integers], starts: Integers, max_open: int, kept: Collection[int] = ()
) -> float:
    """Return how many files a data worker opens per sample that it reads.

    Args:
        batches: The samples of each batch that the worker loads.
        starts: Number of each shard's first sample, then of all samples; (S + 1,).
        max_open: Number of files that it keeps open, the last used ones.
        kept: Shards that it finds open.
    """
    last: OrderedDict[int, None] = OrderedDict()
    opens = samples = 0
    for batch in batches:
        for shard in shards_of(batch, starts).tolist():
            if shard in kept:
                continue
            opens += shard not in last
            last[shard] = None
            last.move_to_end(shard)
            if len(last) > max_open:
                last.popitem(last=False)
        samples += len(batch)
    return opens / samples


def shards_of(samples: Integers | Sequence[int], starts: Integers) -> Integers:
    """Return the shard of each sample."""
    return np.searchsorted(starts, samples, side="right") - 1


def _starts(sizes: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(sizes)])


def _sampler(
    starts: Integers, shards: Integers | None, window: int = 1, run: int = 1
) -> SourceSampler:
    dataset: Any = SimpleNamespace(
        source_names=("source",), source_sizes=(int(starts[-1]),), source_shards=(shards,)
    )
    return SourceSampler(dataset, seed=0, window=window, run=run)


def _samples(keys: Iterable[Any]) -> Integers:
    return np.array([key.index for key in keys])
