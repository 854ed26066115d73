"""The indices of many tars: each is found, or built once with a progress report."""

import os
from collections.abc import Sequence
from functools import partial
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
    tar_state,
)
from iclip.progress import Progress

_SECONDS_BETWEEN_REPORTS = 10


class ShardIndex:
    """The up-to-date index of each shard.

    Args:
        shards: The tars, uncompressed.
        names: How the members of a sample are named.
        folder: Folder of the indices, see `ShardTable`.

    Attributes:
        states: State of each shard, see `tar_state`.
        folder: Folder of the indices; None if they lie beside the shards.
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
        self.states = [tar_state(shard, names) for shard in self.shards]

    def build(self) -> None:
        """Build the indices that are missing or out of date.

        Raises:
            ValueError: A shard is damaged.
            OSError: A shard cannot be read, or an index cannot be written.
        """
        rank, world_size = get_dist_info()
        count = len(self.shards)
        # Each rank starts at another shard, and skips those that other ranks have built meanwhile.
        first = rank * count // world_size
        order = [(first + step) % count for step in range(count)]
        outdated = [number for number in order if self._load(number) is None]
        progress = Progress(
            f"indexing {len(outdated)} of {count} shards, once only:",
            len(outdated),
            interval=_SECONDS_BETWEEN_REPORTS,
            say=partial(print_log, logger="current"),
        )
        for number in outdated:
            if self._load(number) is None:
                index = build_tar_index(self.shards[number], self.names)
                save_tar_index(self._file(number), index, self.states[number])
            progress.advance()

    def load(self, number: int) -> TarIndex:
        """Read the index of one shard, or index the shard again if its file cannot be read."""
        return self._load(number) or build_tar_index(self.shards[number], self.names)

    def _load(self, number: int) -> TarIndex | None:
        return load_tar_index(self._file(number), self.states[number])

    def _file(self, number: int) -> Path:
        return index_path(self.shards[number], self.folder)


def _cache_folder(shards: Sequence[Path]) -> Path | None:
    """Choose the folder of the indices; None: beside the shards, if all folders are writable."""
    if all(os.access(folder, os.W_OK) for folder in {shard.parent for shard in shards}):
        return None
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "iclip" / "shard_indices"
