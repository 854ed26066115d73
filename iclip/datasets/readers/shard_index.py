"""The indices of many tars: each is found, or built once with a progress report."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mmengine.dist import get_dist_info
from mmengine.logging import print_log

from iclip.datasets.readers.index_forecast import IndexForecast
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_patterns import leave_out_setting
from iclip.datasets.readers.tar_index import (
    TarIndex,
    build_tar_index,
    index_path,
    load_tar_index,
    save_tar_index,
    tar_states,
)
from iclip.files.shard_cache import ShardCache
from iclip.files.storage import file_states, is_remote, parent
from iclip.files.stored_file import FileState
from iclip.files.transient import is_transient
from iclip.messages import counted
from iclip.progress import Progress

_SECONDS_BETWEEN_REPORTS = 10
# Shards that are asked for at a time, where one of them cannot be.
_REQUESTS = 32


class Problem(NamedTuple):
    """Why a shard has no index.

    Attributes:
        shard: The tar.
        text: For a person; names the shard.
        is_damage: Whether its content is damaged; else it could not be read.
    """

    shard: str
    text: str
    is_damage: bool


class DamagedShards(ValueError):
    """Shards that cannot be indexed.

    Args:
        found: What is wrong with each.
        count: Number of all shards.

    Attributes:
        damaged: What is wrong with the damaged ones, by shard.
        unreadable: The same of those that could not be read, and perhaps can be later.
    """

    def __init__(self, found: Iterable[Problem], count: int) -> None:
        found = sorted(found)
        self.damaged = {shard: text for shard, text, is_damage in found if is_damage}
        self.unreadable = {shard: text for shard, text, is_damage in found if not is_damage}
        self.problems = tuple(text for _, text, _ in found)
        title = f"{len(self.problems):,} of {counted(count, 'shard')} cannot be indexed:"
        advice = "Every other shard has its index now: mend these, or leave them out, and go on"
        if self.unreadable:
            # The order of reading is a function of the samples, so that they must be the same after
            # a resumption, whether or not the shards can be read then.
            advice += (
                ". To go on for good without those that cannot be read, set "
                f"{leave_out_setting(list(self.unreadable))} where shards=... names them"
            )
        super().__init__("\n".join([title, *(f"  {text}" for text in self.problems), advice]))


class ShardIndex:
    """The up-to-date index of each shard.

    Args:
        shards: The tars, uncompressed; paths or URLs.
        names: How the members of a sample are named.
        folder: Folder of the indices, see `ShardTable`.
        cache: Where whole copies of remote shards are kept, see `ShardTable`.

    Attributes:
        files: State of each shard's file.
        states: What each shard's index depends on, see `tar_states`.
        folder: Folder of the indices; None if they lie beside the shards.

    Raises:
        ValueError: The folder of the indices is a URL, or a shard is larger than the cache.
        DamagedShards: Some shards cannot be asked for.
        OSError: The server cannot be reached.
    """

    def __init__(
        self,
        shards: Sequence[str],
        names: SampleNames,
        folder: str | os.PathLike[str] | None = None,
        cache: ShardCache | None = None,
    ) -> None:
        if is_remote(folder or ""):
            raise ValueError(
                f"index_folder={folder!r}: indices are kept in a local folder, name one, or leave "
                "the setting out for the user's cache folder"
            )
        self.shards = list(shards)
        self.names = names
        self.folder = index_folder_of(self.shards) if folder is None else Path(folder)
        self.files = _states_of(self.shards)
        self.states = tar_states(self.files, names)
        self._cache = cache
        for shard, state in zip(self.shards, self.files, strict=True):
            if cache is not None and is_remote(shard):
                cache.check_size(shard, state)

    def build(self, executor: Executor | None = None, at_a_time: int = 1) -> None:
        """Build the indices that are missing or out of date.

        Ranks share the work: each starts at another shard, and skips those that others have built
        meanwhile. What is built stays if this is interrupted.

        Args:
            executor: Runs the work; None for this thread.
            at_a_time: Number of shards that the executor indexes at a time.

        Raises:
            DamagedShards: Some shards are damaged or cannot be read. All others have an index then.
            OSError: An index cannot be written.
        """
        rank, world_size = get_dist_info()
        count = len(self.shards)
        first = rank * count // world_size
        order = [(first + step) % count for step in range(count)]
        outdated = [number for number in order if self._load(number) is None]
        say = partial(print_log, logger="current")
        label = f"indexing {len(outdated)} of {count} shards, once only:"
        progress = Progress(label, len(outdated), interval=_SECONDS_BETWEEN_REPORTS, say=say)
        problems: list[Problem] = []
        forecast = IndexForecast(progress, at_a_time, world_size, say)

        def note(problem: Problem | None) -> None:
            problems.extend([problem] if problem else [])
            progress.advance()
            forecast.look()

        _run([self._task(number) for number in outdated], executor, note)
        if problems:
            raise DamagedShards(problems, count)

    def load(self, number: int) -> TarIndex:
        """Read the index of one shard, or index the shard again if its file cannot be read."""
        return self._load(number) or build_tar_index(self.shards[number], self.names, self._cache)

    def _load(self, number: int) -> TarIndex | None:
        return load_tar_index(self._file(number), self.states[number])

    def _file(self, number: int) -> Path:
        return index_path(self.shards[number], self.folder)

    def _task(self, number: int) -> Callable[[], Problem | None]:
        shard, file, state = self.shards[number], self._file(number), self.states[number]
        return partial(index_shard, shard, self.names, file, state, self._cache)


def _states_of(shards: Sequence[str]) -> list[FileState]:
    """Return the states of all shards, or name all that have none."""
    try:
        return file_states(shards)
    except OSError as error:
        if is_transient(error):  # Each of thousands of shards would be tried again.
            raise
    with ThreadPoolExecutor(_REQUESTS) as threads:
        answers = list(threads.map(_state_or_problem, shards))
    problems = [answer for answer in answers if isinstance(answer, Problem)]
    if problems:
        raise DamagedShards(problems, len(shards))
    return [answer for answer in answers if isinstance(answer, FileState)]


def _state_or_problem(shard: str) -> FileState | Problem:
    try:
        return file_states([shard])[0]
    except OSError as error:
        return Problem(shard, f"{shard}: {error.strerror or error}", is_damage=False)


def index_shard(
    shard: str, names: SampleNames, file: Path, state: str, cache: ShardCache | None = None
) -> Problem | None:
    """Index one shard, unless another process has done so by now.

    Args:
        shard: The tar.
        names: How its members are named.
        file: Where its index belongs.
        state: Its state, see `tar_states`.
        cache: Where whole copies of remote shards are kept.

    Returns:
        What is wrong with the shard; None if it has its index.

    Raises:
        OSError: The index cannot be written.
    """
    if load_tar_index(file, state) is not None:
        return None
    try:
        index = build_tar_index(shard, names, cache)
    except ValueError as error:
        return Problem(shard, str(error), is_damage=True)
    except OSError as error:
        return Problem(shard, f"{shard}: {error.strerror or error}", is_damage=False)
    save_tar_index(file, index, state)
    return None


def index_folder_of(files: Iterable[str]) -> Path | None:
    """Choose a folder for the indices; None: beside the files, if all folders are writable."""
    folders = {parent(file) or "." for file in files}
    if not any(map(is_remote, folders)) and all(os.access(place, os.W_OK) for place in folders):
        return None
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "iclip" / "shard_indices"


def _run(
    tasks: Sequence[Callable[[], Problem | None]],
    executor: Executor | None,
    note: Callable[[Problem | None], None],
) -> None:
    """Run all tasks and pass on what each returns; an error cancels those that have not begun."""
    if executor is None:
        for task in tasks:
            note(task())
        return
    futures = [executor.submit(task) for task in tasks]
    try:
        for future in as_completed(futures):
            note(future.result())
    finally:
        for future in futures:
            future.cancel()
