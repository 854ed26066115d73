"""Indexing shards from a cold disk, against the indexer of before."""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from iclip.benchmarks.harness.timed import Case, Run, TimedMeasurement, built

_OURS, _BEFORE = "iclip", "before"


class Index(TimedMeasurement):
    """Indexing shards of pairs that are not in the page cache, against the indexer of before.

        python tools/benchmark.py index --shards 20 --pairs 10000 --folder /fast/disk/shards

    The hub reads large pieces, one shard per worker at a time; before, it was 512 bytes at each
    header, one shard after the other. Both indices must be equal. A shard of 10,000 made-up pairs
    has 300 MB; --folder keeps the shards for the next call. --read-delay 0.5 has each read of both
    sides wait for half a millisecond, which stands for a network file system.
    """

    unit = "pairs"
    growth = "shards"
    compared = "records that differ"
    tolerance = 0.0
    memory = False

    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the sizes."""
        parser.add_argument("--shards", type=int, nargs="+", metavar="S", help="(default: 20)")
        parser.add_argument("--pairs", type=int, metavar="N", help="per shard (default: 10000)")
        parser.add_argument(
            "--workers", type=int, default=os.cpu_count() or 1, metavar="W",
            help="processes (default: one per core; 0: in this one)",
        )  # fmt: skip
        parser.add_argument(
            "--read-delay", type=float, default=0.0, metavar="MS", help="added to each read"
        )
        parser.add_argument("--folder", type=Path, metavar="D", help="where the shards are kept")

    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the hub's indexer and the one before."""
        return (_OURS, _BEFORE)

    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield a case per number of shards."""
        from iclip.benchmarks.inputs.shards import write_shards

        pairs = args.pairs or (20 if args.tiny else 10_000)
        slow = f", {args.read_delay:g} ms added to each read" if args.read_delay else ""
        if args.folder is not None:
            args.folder.mkdir(parents=True, exist_ok=True)
        for count in args.shards or ([1, 2] if args.tiny else [20]):
            with (
                tempfile.TemporaryDirectory(dir=args.folder) as folder,
                _pool(args) as pool,
                _delayed_reads(args.read_delay),
            ):
                shards = write_shards(args.folder or Path(folder), count, pairs)
                indices = Path(folder) / "indices"
                builds: dict[str, Callable[[], Run]] = {
                    _OURS: built(partial(_ours, shards, indices, pool, args.workers)),
                    _BEFORE: built(partial(_before, shards, indices)),
                }
                title = f"{count} shards of {pairs:,} pairs, {args.workers} workers{slow}"
                cold = partial(_make_cold, shards, indices)
                yield Case(title, builds, count * pairs, count, _differing, before=cold)


def _pool(args: argparse.Namespace) -> AbstractContextManager[Executor | None]:
    """Return the workers of tools/index_data.py; None for no worker."""
    if not args.workers:
        return nullcontext()
    return ProcessPoolExecutor(
        args.workers, get_context("forkserver"), _delay_reads, (args.read_delay,)
    )


@contextmanager
def _delayed_reads(milliseconds: float) -> Iterator[None]:
    plain = os.pread
    _delay_reads(milliseconds)
    try:
        yield
    finally:
        os.pread = plain


def _delay_reads(milliseconds: float) -> None:
    """Have each read of this process wait; both indexers read with ``os.pread``."""
    if not milliseconds:
        return
    plain = os.pread

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        time.sleep(milliseconds / 1e3)
        return plain(descriptor, length, offset)

    os.pread = pread


def _make_cold(shards: Sequence[str], indices: Path) -> None:
    """Forget the indices and the pages of the shards."""
    shutil.rmtree(indices, ignore_errors=True)
    indices.mkdir()
    drop_from_cache(shards)


def _ours(shards: Sequence[str], indices: Path, pool: Executor | None, workers: int) -> list[Any]:
    """Index the shards as tools/index_data.py does; return each one's records."""
    from iclip.datasets.readers.sample_members import SampleNames
    from iclip.datasets.readers.shard_index import ShardIndex

    index = ShardIndex(shards, SampleNames("txt"), indices)
    index.build(pool, max(1, workers))
    return [index.load(number).records for number in range(len(shards))]


def _before(shards: Sequence[str], indices: Path) -> list[Any]:
    """Index the shards as before; return each one's records."""
    from iclip.benchmarks.references.former_index import build_former_index
    from iclip.datasets.readers.sample_members import SampleNames
    from iclip.datasets.readers.tar_index import save_tar_index

    names, records = SampleNames("txt"), []
    for shard in shards:
        index = build_former_index(Path(shard), names)
        save_tar_index(indices / f"{Path(shard).name}.idx.npz", index, "state")
        records.append(index.records)
    return records


def _differing(results: Mapping[str, Any]) -> float:
    """Count the records that differ."""
    pairs = zip(results[_OURS], results[_BEFORE], strict=True)
    return float(sum((ours != theirs).sum() for ours, theirs in pairs))


def drop_from_cache(files: Sequence[str]) -> None:
    """Have the kernel forget the pages of some files, so that they are read from the disk."""
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # pages that were not written yet would stay
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
