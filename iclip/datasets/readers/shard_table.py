"""Random access to the samples of many tars.

The records of all shards lie in one file that every process maps into memory. Ranks and data
workers share its pages, and a run over known shards does not read their indices.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from iclip.data_summary import Omission, merged
from iclip.datasets.readers.open_files import OpenFiles
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import ShardIndex
from iclip.datasets.readers.tar_index import RECORD, TarIndex, full_name
from iclip.datasets.readers.tar_members import BLOCK, member_name
from iclip.files.atomic import open_atomically
from iclip.files.one_writer import write_once
from iclip.files.shard_cache import ShardCache
from iclip.files.storage import is_remote, parent
from iclip.messages import counted, listing

WITHOUT_TEXT = "images without a text"
_NAME_THEM = "name the members' extensions with text_extension and image_extension"
# Largest number of bytes between an image and its text (usually a json) for one read of both.
_LARGEST_GAP = 65536
# Shards that a process indexes at a time.
_THREADS = 4
# The start of the file. After it come `shards + 1` int64 (the number of each shard's first sample,
# then of all samples), the records, and the omissions as JSON.
_HEADER = np.dtype(
    [
        ("state", "S64"),  # hexadecimal SHA-256
        ("shards", "<i8"),
        ("samples", "<i8"),
        ("omissions_size", "<i8"),
    ]
)


class ShardTable:
    """The samples of many tars, numbered from 0 over all shards.

    Args:
        shards: The tars, uncompressed; paths or URLs.
        names: How the members of a sample are named.
        without_text: What to do about images that have no text: ``'error'`` or ``'skip'``.
        index_folder: Folder of the shards' indices, which the first use of a shard builds. By
            default they lie beside the shards or, where nothing can be written there, in the user's
            cache folder.
        cache: Where whole copies of remote shards are kept; None: each read is a request.

    Attributes:
        starts: Number of each shard's first sample, then the number of all samples; (S + 1,).
        left_out: What was not read, by kind.

    Raises:
        ValueError: Shards are damaged (all are named) or hold images without a text, or no shard
            holds a sample.
    """

    def __init__(
        self,
        shards: Sequence[str],
        names: SampleNames,
        without_text: str = "error",
        index_folder: str | os.PathLike[str] | None = None,
        cache: ShardCache | None = None,
    ) -> None:
        if without_text not in ("error", "skip"):
            raise ValueError(f"without_text={without_text!r}: choose 'error' or 'skip'")
        self.shards = list(shards)
        self._files = OpenFiles(cache=cache)
        self._path = joint_index(ShardIndex(shards, names, index_folder))
        self._map()
        self.left_out = self._read_omissions()
        if not len(self):
            raise self._without_sample(names)
        textless = next((part for part in self.left_out if part.what == WITHOUT_TEXT), None)
        if textless and without_text == "error":
            raise ValueError(
                f"{counted(textless.count, 'image')} in the shards without a text (.{names.text}) "
                f"or with an empty one, such as {textless.example}. {self._not_in_use()}. Write "
                f"the shards again, {_NAME_THEM}, or leave such images out with without_text='skip'"
            )

    def __len__(self) -> int:
        return int(self._header["samples"])

    @property
    def counts(self) -> list[int]:
        """Number of samples per shard."""
        return np.diff(self.starts).tolist()

    def read_image(self, number: int) -> bytes:
        """Read a sample's image.

        Raises:
            OSError: The shard cannot be read, or has shrunk.
        """
        shard, block, size, *_ = self._find(number)
        return self._files.read(shard, size, block * BLOCK)

    def read_pair(self, number: int) -> tuple[bytes, bytes]:
        """Read a sample's image and text, in one read where they lie near each other.

        Raises:
            OSError: The shard cannot be read, or has shrunk.
        """
        shard, image_block, image_size, text_block, text_size = self._find(number)
        image, text = image_block * BLOCK, text_block * BLOCK
        start, end = min(image, text), max(image + image_size, text + text_size)
        if end - start > image_size + text_size + _LARGEST_GAP:
            read = self._files.read
            return read(shard, image_size, image), read(shard, text_size, text)
        both = self._files.read(shard, end - start, start)
        return (
            both[image - start : image - start + image_size],
            both[text - start : text - start + text_size],
        )

    def sample_name(self, number: int) -> str:
        """Name a sample's shard and the image in it."""
        shard, image_block, *_ = self._find(number)
        try:
            # A member's header is the block before its content.
            name = member_name(self._files.read(shard, BLOCK, (image_block - 1) * BLOCK))
        except OSError:
            name = f"sample {number}"
        return f"{shard}: {name}"

    def file_name(self, number: int) -> str:
        """Name a sample's shard."""
        return self._find(number)[0]

    def _find(self, number: int) -> tuple[str, int, int, int, int]:
        """Return a sample's shard and the fields of its `RECORD`."""
        shard = int(np.searchsorted(self.starts, number, side="right")) - 1
        return self.shards[shard], *self._records[number].item()

    def _map(self) -> None:
        """Read the file's header and starts, and map its records into memory."""
        self._header = np.fromfile(self._path, dtype=_HEADER, count=1)[0]
        shards, samples = int(self._header["shards"]), int(self._header["samples"])
        self.starts = np.fromfile(
            self._path, dtype="<i8", count=shards + 1, offset=_HEADER.itemsize
        )
        offset = _HEADER.itemsize + self.starts.nbytes
        # A mapping holds one byte or more.
        self._records: Any = (
            np.memmap(self._path, RECORD, "r", offset, (samples,)) if samples else None
        )

    def _read_omissions(self) -> tuple[Omission, ...]:
        with self._path.open("rb") as file:
            file.seek(-int(self._header["omissions_size"]), os.SEEK_END)
            parts = [Omission(**part) for part in json.loads(file.read())]
        empty = np.flatnonzero(np.diff(self.starts) == 0)
        if len(empty):
            parts.append(Omission("shards without a sample", len(empty), self.shards[empty[0]]))
        return tuple(parts)

    def _without_sample(self, names: SampleNames) -> ValueError:
        shards = f"{counted(len(self.shards), 'shard')}, from {self.shards[0]} to {self.shards[-1]}"
        if names.text is None:
            return ValueError(f"{shards}: no image among the members. {self._not_in_use()}")
        return ValueError(
            f"{shards}: no image with a text (.{names.text}). {self._not_in_use()}; {_NAME_THEM}"
        )

    def _not_in_use(self) -> str:
        """Say what the other members are named."""
        return f"Not in use: {listing([str(part) for part in self.left_out]) or 'nothing'}"

    def __getstate__(self) -> dict[str, Any]:
        # A spawned worker maps the file itself; pickling would copy all of it.
        return {**self.__dict__, "_records": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._map()


def _digest(*parts: Iterable[Any]) -> str:
    """Return the SHA-256 of the items of all parts, one per line, in hexadecimal digits."""
    joined = "\n".join(str(item) for part in parts for item in part)
    return sha256(os.fsencode(joined)).hexdigest()


def _table_path(index: ShardIndex) -> Path:
    """Name the file of this selection of shards, beside the indices."""
    folder = index.folder or Path(parent(index.shards[0]))
    selection = _digest([index.names], map(full_name, index.shards))
    return folder / f"shards-{selection[:16]}.idx"


def joint_index(
    index: ShardIndex, executor: Executor | None = None, at_a_time: int = _THREADS
) -> Path:
    """Return the file with the records of all shards, which is written if need be.

    Of several processes that call this, ranks or others, each builds a share of the indices, and
    one joins them.

    Args:
        index: The shards.
        executor: Builds their indices; threads of this process by default, since reading waits more
            than it computes.
        at_a_time: Number of shards that the executor indexes at a time.

    Raises:
        DamagedShards: Some shards are damaged or cannot be read.
        OSError: An index cannot be written.
    """
    # The examples of what was left out name local shards as they are named here.
    named = (full_name(shard) if is_remote(shard) else Path(shard) for shard in index.shards)
    state, path = _digest(named, index.states), _table_path(index)
    if not _is_current(path, state):
        with ThreadPoolExecutor(at_a_time) as threads:
            index.build(executor or threads, at_a_time)
        write_once(
            path,
            lambda: _is_current(path, state),
            lambda: _write_table(path, state, index),
            partial(print_log, logger="current"),
        )
    return path


def _is_current(path: Path, state: str) -> bool:
    try:
        header = np.fromfile(path, dtype=_HEADER, count=1)
    except FileNotFoundError:
        return False
    return len(header) == 1 and header[0]["state"] == state.encode()


def _write_table(path: Path, state: str, index: ShardIndex) -> None:
    """Join all indices in one file, written whole or not at all.

    One index at a time is in memory. The header and the starts are written last, over the place
    that is left for them, because they count what follows.
    """
    header = np.zeros(1, dtype=_HEADER)
    header["state"], header["shards"] = state.encode(), len(index.shards)
    starts = np.zeros(len(index.shards) + 1, dtype="<i8")
    # Kept apart, because images without a text decide whether the shards are refused, and `merged`
    # sums up rare kinds as "others".
    textless: tuple[Omission, ...] = ()
    left_out: tuple[Omission, ...] = ()
    with open_atomically(path) as file:
        file.seek(header.nbytes + starts.nbytes)
        for number in range(len(index.shards)):
            shard = index.load(number)
            file.write(shard.records.tobytes())
            starts[number + 1] = starts[number] + len(shard.records)
            textless = merged([*textless, *_textless(shard, index.shards[number])])
            left_out = merged([*left_out, *_located(shard, index.shards[number])])
        header["samples"] = starts[-1]
        content = json.dumps([asdict(part) for part in textless + left_out]).encode()
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
