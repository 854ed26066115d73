"""Random access to the samples of many tars.

The records of all shards lie in one file that every process maps into memory: ranks and data
workers share its pages, forked or spawned, and a run over known shards need not read their indices.
"""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from iclip.datasets.open_files import OpenFiles
from iclip.datasets.shard_index import ShardIndex
from iclip.datasets.tar_index import RECORD
from iclip.datasets.tar_members import BLOCK, member_name
from iclip.datasets.whole_file import whole_file
from iclip.messages import listing

# Image and text are read at once if no more than this lies between them (the json, as a rule).
_LARGEST_GAP = 65536
# What the file starts with; `shards + 1` int64 (where each shard's samples start) and the records
# follow.
_HEADER = np.dtype(
    [
        ("state", "S64"),
        ("shards", "<i8"),
        ("samples", "<i8"),
        ("without_text", "<i8"),
        ("without_image", "<i8"),
    ]
)


class ShardTable:
    """The samples of many tars, under one number each.

    Args:
        shards: The tars, uncompressed.
        text_extension: Extension of the texts that belong to the images, None for none.
        without_text: What to do about images that have no text: ``'error'`` or ``'skip'``.
        index_folder: See `ShardIndex`.

    Attributes:
        starts: Number of the first sample of each shard and, at the end, of all samples; (S + 1,).

    Raises:
        ValueError: A shard is damaged or holds images without a text, or no shard holds a sample.
    """

    def __init__(
        self,
        shards: Sequence[str],
        text_extension: str | None,
        without_text: str = "error",
        index_folder: str | os.PathLike[str] | None = None,
    ) -> None:
        if without_text not in ("error", "skip"):
            raise ValueError(f"without_text={without_text!r}: choose 'error' or 'skip'")
        self.shards = list(shards)
        self._files = OpenFiles()
        index = ShardIndex(shards, text_extension, index_folder)
        state = _digest(index.shards, index.stamps)
        self._path = _table_path(index)
        if not _is_current(self._path, state):
            index.build()
            _write_table(self._path, state, index)
        self._map()
        if self._header["without_text"] and without_text == "error":
            raise _without_text(index, int(self._header["without_text"]))
        self._report_left_out()
        if not len(self):
            raise ValueError(
                f"{len(shards)} shards, from {shards[0]} to {shards[-1]}, hold no image"
                + (f" with a text (.{text_extension})" if text_extension else "")
            )

    def __len__(self) -> int:
        return int(self._header["samples"])

    def read(self, number: int) -> tuple[bytes, bytes]:
        """Read a sample's image and text (empty without one).

        Raises:
            OSError: The shard cannot be read, or has shrunk.
        """
        shard, image_block, image_size, text_block, text_size = self._find(number)
        image, text = image_block * BLOCK, text_block * BLOCK
        if not text_block:
            return self._files.read(shard, image_size, image), b""
        start, end = min(image, text), max(image + image_size, text + text_size)
        if end - start > image_size + text_size + _LARGEST_GAP:
            read = self._files.read
            return read(shard, image_size, image), read(shard, text_size, text)
        both = self._files.read(shard, end - start, start)
        return (
            both[image - start : image - start + image_size],
            both[text - start : text - start + text_size],
        )

    def describe(self, number: int) -> str:
        """Name a sample's shard and its image in it."""
        shard, image_block, *_ = self._find(number)
        try:
            name = member_name(self._files.read(shard, BLOCK, (image_block - 1) * BLOCK))
        except OSError:
            name = f"sample {number}"
        return f"{shard}: {name}"

    def _find(self, number: int) -> tuple[str, int, int, int, int]:
        shard = int(np.searchsorted(self.starts, number, side="right")) - 1
        return self.shards[shard], *self._records[number].item()

    def _map(self) -> None:
        self._header = np.fromfile(self._path, dtype=_HEADER, count=1)[0]
        shards, samples = int(self._header["shards"]), int(self._header["samples"])
        self.starts = np.fromfile(
            self._path, dtype="<i8", count=shards + 1, offset=_HEADER.itemsize
        )
        # An empty file part cannot be mapped.
        self._records: Any = samples and np.memmap(
            self._path, RECORD, "r", _HEADER.itemsize + self.starts.nbytes, (samples,)
        )

    def _report_left_out(self) -> None:
        left_out = {
            "images without a text": self._header["without_text"],
            "texts without an image": self._header["without_image"],
            "shards without a sample": np.count_nonzero(np.diff(self.starts) == 0),
        }
        for what, count in left_out.items():
            if count:
                print_log(f"left out, in {len(self.shards)} shards: {count} {what}", "current")

    def __getstate__(self) -> dict[str, Any]:
        # A spawned worker maps the file itself; pickling would copy all of it.
        return {**self.__dict__, "_records": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._map()


def _digest(*parts: Sequence[Any]) -> str:
    return sha256("\n".join(str(item) for part in parts for item in part).encode()).hexdigest()


def _table_path(index: ShardIndex) -> Path:
    """One file for each selection of shards, beside the indices."""
    folder = index.folder or index.shards[0].parent
    selection = _digest([index.text_extension], [shard.absolute() for shard in index.shards])
    return folder / f"shards-{selection[:16]}.idx"


def _is_current(path: Path, state: str) -> bool:
    try:
        header = np.fromfile(path, dtype=_HEADER, count=1)
    except FileNotFoundError:
        return False
    return len(header) == 1 and header[0]["state"] == state.encode()


def _write_table(path: Path, state: str, index: ShardIndex) -> None:
    """Put all indices together, at once or not at all, holding one of them in memory at a time."""
    header = np.zeros(1, dtype=_HEADER)
    header["state"], header["shards"] = state.encode(), len(index.shards)
    starts = np.zeros(len(index.shards) + 1, dtype="<i8")
    with whole_file(path) as file:
        file.seek(header.nbytes + starts.nbytes)
        for number in range(len(index.shards)):
            shard = index.load(number)
            file.write(shard.records.tobytes())
            starts[number + 1] = starts[number] + len(shard.records)
            header["without_text"] += len(shard.without_text)
            header["without_image"] += shard.without_image
        header["samples"] = starts[-1]
        file.seek(0)
        file.write(header.tobytes() + starts.tobytes())


def _without_text(index: ShardIndex, count: int) -> ValueError:
    first, keys = next(
        (shard, keys)
        for number, shard in enumerate(index.shards)
        if (keys := index.load(number).without_text)
    )
    return ValueError(
        f"{count} images in the shards have no text (.{index.text_extension}) or an empty one; the "
        f"first shard with such is {first}, with {listing(keys)}. Write the shards again, "
        "name the texts' extension with text_extension, or leave such images out with "
        "without_text='skip'"
    )
