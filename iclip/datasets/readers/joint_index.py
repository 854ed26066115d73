"""The indices of many shards, joined in one file that every process maps into memory."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from iclip.data_summary import Omission, merged
from iclip.datasets.readers.shard_index import DamagedShards, ShardIndex
from iclip.datasets.readers.tar_index import RECORD, TarIndex, full_name
from iclip.files.atomic import open_atomically
from iclip.files.one_writer import write_once
from iclip.files.storage import is_remote, parent

WITHOUT_TEXT, DAMAGED = "images without a text", "damaged shards"
# Shards that a process indexes at a time.
_THREADS = 4
# The start of the file. After it come `shards + 1` int64 (the number of each shard's first sample,
# then of all samples), the records, and the omissions as JSON.
HEADER = np.dtype(
    [
        ("state", "S64"),  # hexadecimal SHA-256
        ("shards", "<i8"),
        ("samples", "<i8"),
        ("omissions_size", "<i8"),
    ]
)


_NO_RECORD = np.empty(0, RECORD)


def joint_index(
    index: ShardIndex,
    damaged_shards: float = 0.0,
    executor: Executor | None = None,
    at_a_time: int = _THREADS,
) -> Path:
    """Return the file with the records of all shards, which is written if need be.

    Of several processes that call this, ranks or others, each builds a share of the indices, and
    one joins them.

    Args:
        index: The shards.
        damaged_shards: Share of them that may be damaged; they are left out and counted.
        executor: Builds their indices; threads of this process by default, since reading waits more
            than it computes.
        at_a_time: Number of shards that the executor indexes at a time.

    Raises:
        DamagedShards: More shards are damaged, or some cannot be read.
        OSError: An index cannot be written.
    """
    # The examples of what was left out name local shards as they are named here.
    named = [full_name(shard) if is_remote(shard) else Path(shard) for shard in index.shards]
    state, path = _digest(named, index.states), _table_path(index)
    # A file that lacks damaged shards has a state of its own: it is not for everyone.
    lacking = _digest(named, index.states, [DAMAGED])
    accepted = (state, lacking) if damaged_shards else (state,)
    say = partial(print_log, logger="current")
    if not _is_current(path, accepted):
        damaged: Mapping[str, str] = {}
        try:
            with ThreadPoolExecutor(at_a_time) as threads:
                index.build(executor or threads, at_a_time)
        except DamagedShards as error:
            if error.unreadable or len(error.damaged) > damaged_shards * len(index.shards):
                raise
            state, damaged = lacking, error.damaged
            say("\n".join([f"{len(damaged):,} damaged shards are left out:", *damaged.values()]))
        write_once(
            path,
            lambda: _is_current(path, accepted),
            lambda: _write_table(path, state, index, damaged),
            say,
        )
    return path


def _is_current(path: Path, accepted: Iterable[str]) -> bool:
    try:
        header = np.fromfile(path, dtype=HEADER, count=1)
    except FileNotFoundError:
        return False
    # As bytes, since a damaged file may hold any.
    is_known = len(header) == 1 and header[0]["state"] in {state.encode() for state in accepted}
    return is_known and path.stat().st_size == _size(header[0])


def _size(header: np.void) -> int:
    """Return the size in bytes of the whole file, from its header."""
    starts = 8 * (int(header["shards"]) + 1)
    records = RECORD.itemsize * int(header["samples"])
    return HEADER.itemsize + starts + records + int(header["omissions_size"])


def _digest(*parts: Iterable[Any]) -> str:
    """Return the SHA-256 of the items of all parts, one per line, in hexadecimal digits."""
    joined = "\n".join(str(item) for part in parts for item in part)
    return sha256(os.fsencode(joined)).hexdigest()


def _table_path(index: ShardIndex) -> Path:
    """Name the file of this selection of shards, beside the indices."""
    folder = index.folder or Path(parent(index.shards[0]))
    selection = _digest([index.names], map(full_name, index.shards))
    return folder / f"shards-{selection[:16]}.idx"


def _write_table(path: Path, state: str, index: ShardIndex, damaged: Mapping[str, str]) -> None:
    """Join all indices, but for those of damaged shards, in one file, whole or not at all.

    One index at a time is in memory. The header and the starts are written last, over the place
    that is left for them, because they count what follows.
    """
    header = np.zeros(1, dtype=HEADER)
    header["state"], header["shards"] = state.encode(), len(index.shards)
    starts = np.zeros(len(index.shards) + 1, dtype="<i8")
    # Kept apart, because images without a text decide whether the shards are refused, and `merged`
    # sums up rare kinds as "others".
    textless: tuple[Omission, ...] = ()
    left_out: tuple[Omission, ...] = ()
    with open_atomically(path) as file:
        file.seek(header.nbytes + starts.nbytes)
        for number, name in enumerate(index.shards):
            shard = TarIndex(_NO_RECORD) if name in damaged else index.load(number)
            file.write(shard.records.tobytes())
            starts[number + 1] = starts[number] + len(shard.records)
            textless = merged([*textless, *_textless(shard, name)])
            left_out = merged([*left_out, *_located(shard, name)])
        header["samples"] = starts[-1]
        broken = [Omission(DAMAGED, len(damaged), text) for text in [*damaged.values()][:1]]
        content = json.dumps([asdict(part) for part in [*textless, *broken, *left_out]]).encode()
        file.write(content)
        header["omissions_size"] = len(content)
        file.seek(0)
        file.write(header.tobytes() + starts.tobytes())


def _textless(index: TarIndex, shard: str) -> Iterator[Omission]:
    """Yield the omission of a shard's images that have no text, if there are any."""
    if index.without_text:
        example = f"{shard}: {index.without_text[0]}"
        yield Omission(WITHOUT_TEXT, len(index.without_text), example)


def _located(index: TarIndex, shard: str) -> Iterator[Omission]:
    """Yield a shard's other omissions, with the shard in their examples."""
    for part in index.left_out:
        yield replace(part, example=f"{shard}: {part.example}")
