"""Random access to the samples of many tars.

The records of all shards lie in one file that every process maps into memory. Ranks and data
workers share its pages, and a run over known shards does not read their indices.
"""

import json
import logging
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log
from numpy.typing import NDArray

from iclip.data_summary import Omission
from iclip.datasets.readers.joint_index import DAMAGED, HEADER, WITHOUT_TEXT, joint_index
from iclip.datasets.readers.open_files import OpenFiles
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import ShardIndex
from iclip.datasets.readers.tar_index import RECORD
from iclip.datasets.readers.tar_members import BLOCK, member_name
from iclip.files.open_file_limit import RESERVE
from iclip.files.shard_cache import ShardCache
from iclip.files.storage import is_remote
from iclip.messages import counted, listing

_NAME_THEM = "name the members' extensions with text_extension and image_extension"
# Largest number of bytes between an image and its text (usually a json) for one read of both.
_LARGEST_GAP = 65536


class ShardTable:
    """The samples of many tars, numbered from 0 over all shards.

    Args:
        shards: The tars, uncompressed; paths or URLs.
        names: How the members of a sample are named.
        without_text: What to do about images that have no text: ``'error'`` or ``'skip'``.
        index_folder: Folder of the shards' indices, which the first use of a shard builds. By
            default they lie beside the shards or, where nothing can be written there, as in a
            bucket, in the user's cache folder.
        cache: Where whole copies of remote shards are kept, for indexing, too; None: each read is a
            request.
        damaged_shards: Share of the shards that may be damaged; they are left out and counted.

    Attributes:
        starts: Number of each shard's first sample, then the number of all samples; (S + 1,).
        left_out: What was not read, by kind.

    Raises:
        ValueError: More shards are damaged (all are named) or hold images without a text, or no
            shard holds a sample.
    """

    def __init__(
        self,
        shards: Sequence[str],
        names: SampleNames,
        without_text: str = "error",
        index_folder: str | os.PathLike[str] | None = None,
        cache: ShardCache | None = None,
        damaged_shards: float = 0.0,
    ) -> None:
        if not 0 <= damaged_shards <= 1:
            raise ValueError(f"damaged_shards={damaged_shards}: give a share from 0 to 1")
        if without_text not in ("error", "skip"):
            raise ValueError(f"without_text={without_text!r}: choose 'error' or 'skip'")
        self.shards = list(shards)
        index = ShardIndex(shards, names, index_folder, cache)
        self._path = joint_index(index, damaged_shards)
        states = dict(zip(self.shards, index.files, strict=True))
        self._files = OpenFiles(cache=cache, states=states)
        self._map()
        self.left_out = self._read_omissions()
        damaged = next((part for part in self.left_out if part.what == DAMAGED), None)
        if damaged and damaged.count > damaged_shards * len(self.shards):
            raise ValueError(
                f"{damaged.count:,} of {counted(len(self.shards), 'shard')} are damaged, such as "
                f"{damaged.example}: more than the share damaged_shards={damaged_shards:g} allows. "
                "Download them again, leave them out of the list, or raise the share"
            )
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
            OSError: The shard cannot be read, or is not the one that was indexed.
        """
        shard, block, size, *_ = self._find(number)
        return self._files.read(shard, size, block * BLOCK)

    def read_pair(self, number: int) -> tuple[bytes, bytes]:
        """Read a sample's image and text, in one read where they lie near each other.

        Raises:
            OSError: The shard cannot be read, or is not the one that was indexed.
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

    def keep_open(self) -> None:
        """Open the shards that stay open, before processes are forked that read in any order.

        These are as many as the system allows, those with the most samples first. Remote shards are
        not among them: nothing holds a connection to them.
        """
        largest_first = np.argsort(-np.diff(self.starts), kind="stable").tolist()
        local = [number for number in largest_first if not is_remote(self.shards[number])]
        kept = self._files.keep([self.shards[number] for number in local])
        if kept < len(local):
            counts = np.diff(self.starts)[local]
            self._warn_of_closed_shards(len(local), kept, counts[kept:].sum() / counts.sum())

    def _warn_of_closed_shards(self, shards: int, kept: int, share: float) -> None:
        print_log(
            f"{kept:,} of {counted(shards, 'shard')} stay open, because a process may open no more "
            f"files: {100 * share:.1f} % of the samples open theirs anew. Raise the hard limit of "
            f"open files (ulimit -Hn) to {shards + RESERVE:,}: LimitNOFILE= of a systemd service, "
            "docker run --ulimit nofile=N, or /etc/security/limits.conf",
            logger="current",
            level=logging.WARNING,
        )

    def _find(self, number: int) -> tuple[str, int, int, int, int]:
        """Return a sample's shard and the fields of its `RECORD`."""
        shard = int(np.searchsorted(self.starts, number, side="right")) - 1
        return self.shards[shard], *self._records[number].item()

    def _map(self) -> None:
        """Read the file's header and starts, and map its records into memory."""
        self._header = np.fromfile(self._path, dtype=HEADER, count=1)[0]
        shards, samples = int(self._header["shards"]), int(self._header["samples"])
        self.starts = np.fromfile(self._path, dtype="<i8", count=shards + 1, offset=HEADER.itemsize)
        if len(self.starts) != len(self.shards) + 1 or not _count_up(self.starts, samples):
            raise self._damaged()
        offset = HEADER.itemsize + self.starts.nbytes
        # A mapping holds one byte or more.
        self._records: Any = (
            np.memmap(self._path, RECORD, "r", offset, (samples,)) if samples else None
        )

    def _read_omissions(self) -> tuple[Omission, ...]:
        with self._path.open("rb") as file:
            file.seek(-int(self._header["omissions_size"]), os.SEEK_END)
            try:
                parts = [Omission(**part) for part in json.loads(file.read())]
            except (ValueError, TypeError) as error:
                raise self._damaged() from error
        damaged = sum(part.count for part in parts if part.what == DAMAGED)
        empty = np.flatnonzero(np.diff(self.starts) == 0)
        if len(empty) > damaged:
            # With damaged ones among them, which shard is an example is not known.
            example = "not named here" if damaged else self.shards[empty[0]]
            parts.append(Omission("shards without a sample", len(empty) - damaged, example))
        return tuple(parts)

    def _damaged(self) -> ValueError:
        return ValueError(f"{self._path} is damaged: delete it, and the next start makes it again")

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


def _count_up(starts: NDArray[np.int64], last: int) -> bool:
    """Whether numbers go from 0 to the last one and never back."""
    return starts[0] == 0 and starts[-1] == last and bool((np.diff(starts) >= 0).all())
