"""The indices of many tars: found, or built once with a progress report."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from mmengine.dist import get_dist_info
from mmengine.logging import print_log

from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.tar_index import (
    TarIndex,
    build_tar_index,
    index_path,
    load_tar_index,
    save_tar_index,
    stamp,
)

_SECONDS_BETWEEN_REPORTS = 10


class ShardIndex:
    """The up-to-date index of each shard.

    Args:
        shards: The tars, uncompressed.
        names: How the members of a sample are called.
        folder: Where the indices are kept; None for beside the shards or, where nothing can be
            written there, in the user's cache folder.

    Attributes:
        stamps: State of each shard.
        folder: Where the indices are kept; None for beside the shards.
    """

    def __init__(
        self,
        shards: Sequence[str],
        names: SampleNames,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self.shards = [Path(shard) for shard in shards]
        self.names = names
        self.folder = _cache_folder(self.shards) if folder is None else Path(folder)
        self.stamps = [stamp(shard, names) for shard in self.shards]

    def build(self) -> None:
        """Build what is missing or out of date.

        Raises:
            ValueError: A shard is damaged.
            OSError: A shard cannot be read, or an index not be written.
        """
        rank, world_size = get_dist_info()
        count = len(self.shards)
        # Each rank starts elsewhere: what it comes to later, another one has built by then.
        first = rank * count // world_size
        reported, built = time.monotonic(), 0
        for step in range(count):
            built += self._build_one((first + step) % count)
            if built and time.monotonic() - reported > _SECONDS_BETWEEN_REPORTS:
                reported = time.monotonic()
                print_log(f"indexing shards: {step + 1} of {count} (once only)", logger="current")
        if built:
            print_log(f"indexed {built} shards, of {count} in use", logger="current")

    def load(self, number: int) -> TarIndex:
        """Read the index of one shard."""
        index = load_tar_index(self._file(number), self.stamps[number])
        return index or build_tar_index(self.shards[number], self.names)

    def _build_one(self, number: int) -> bool:
        """Whether there was something to do."""
        if load_tar_index(self._file(number), self.stamps[number]) is not None:
            return False
        index = build_tar_index(self.shards[number], self.names)
        save_tar_index(self._file(number), index, self.stamps[number])
        return True

    def _file(self, number: int) -> Path:
        return index_path(self.shards[number], self.folder)


def _cache_folder(shards: Sequence[Path]) -> Path | None:
    """None if indices can be kept beside the shards."""
    if all(os.access(folder, os.W_OK) for folder in {shard.parent for shard in shards}):
        return None
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "iclip" / "shard_indices"
