"""The images of many class folders, listed once and kept in a file.

To list the 14 million images of ImageNet-22K takes half a minute of computing, or hours on a slow
network file system, and a gigabyte for each rank. The file is mapped into memory, so that all ranks
and data workers of a machine share its pages. It is valid as long as no folder has changed: adding,
removing or renaming a file changes its folder's time of change.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from mmengine.logging import print_log

from iclip.data_summary import Omission, omissions
from iclip.datasets.readers.shard_index import index_folder_of
from iclip.datasets.readers.string_table import StringTable
from iclip.files.atomic import open_atomically
from iclip.files.images import LeftOut, images_below
from iclip.files.one_writer import write_once
from iclip.progress import Progress

# To be raised when the content of the file changes: older ones are then written anew.
_FORMAT = 1
# Folders that are listed at a time: a network file system answers each question slowly.
_THREADS = 16
_SECONDS_BETWEEN_REPORTS = 10


@dataclass(frozen=True)
class FolderListing:
    """The images of class folders.

    Args:
        paths: Their paths below the root, in the order of the folders.
        counts: Number of images per folder.
        left_out: What the folders hold besides images, by kind.
        changes: Path below the root and time of change, in ns, of each folder at any depth.
    """

    paths: StringTable
    counts: tuple[int, ...]
    left_out: tuple[Omission, ...]
    changes: tuple[tuple[str, int], ...]


def list_folders(
    root: str, folders: Sequence[str], advance: Callable[[], object] = lambda: None
) -> FolderListing:
    """List the images of class folders, at any depth of them.

    Args:
        root: Holds the folders.
        folders: Their names.
        advance: Called after each folder.

    Raises:
        OSError: A folder cannot be read.
    """
    counts: list[int] = []
    left_out = LeftOut()
    changes: list[tuple[str, int]] = []

    def all_paths() -> Iterator[str]:
        with ThreadPoolExecutor(_THREADS) as threads:
            for found in threads.map(partial(_list_folder, root), folders):
                counts.append(len(found.paths))
                left_out.update(found.left_out)
                changes.extend(found.changes)
                advance()
                yield from found.paths

    paths = StringTable(all_paths())
    return FolderListing(paths, tuple(counts), omissions(left_out), tuple(changes))


def kept_listing(
    root: str, folders: Sequence[str], index_folder: str | os.PathLike[str] | None = None
) -> FolderListing:
    """Return the listing of class folders from its file, which is written if need be.

    Args:
        root: Holds the folders.
        folders: Their names.
        index_folder: Folder of the file; by default the root or, where nothing can be written
            there, the user's cache folder.

    Where the file cannot be written, this says so, and every process lists the folders itself.

    Raises:
        OSError: A folder cannot be read.
    """
    place = Path(index_folder) if index_folder else index_folder_of([os.path.join(root, "x")])
    selection = _selection(root, folders)
    file = (place or Path(root)) / f"folders-{selection[:16]}.idx"
    found: list[FolderListing] = []
    say = partial(print_log, logger="current")

    def is_current() -> bool:
        found[:] = filter(None, [load_listing(file, root, selection)])
        return bool(found)

    def write() -> None:
        label = f"listing {len(folders):,} folders, once only:"
        progress = Progress(label, len(folders), interval=_SECONDS_BETWEEN_REPORTS, say=say)
        found[:] = [list_folders(root, folders, progress.advance)]
        save_listing(file, found[0], selection)
        # This process shares the file's pages, too; unless a folder has changed meanwhile.
        found.extend(filter(None, [load_listing(file, root, selection)]))

    try:
        write_once(file, is_current, write, say)
    except OSError as error:
        if not found:
            raise
        say(f"The listing of {root} is not kept: {error.strerror or error}", level=logging.WARNING)
    return found[-1]


def save_listing(file: Path, listing: FolderListing, selection: str) -> None:
    """Write a listing, whole or not at all."""
    head = {
        "format": _FORMAT,
        "selection": selection,
        "counts": listing.counts,
        "left_out": [asdict(part) for part in listing.left_out],
        "changes": listing.changes,
    }
    content = json.dumps(head).encode() + b"\n"
    with open_atomically(file) as opened:
        opened.write(content)
        listing.paths.write(opened)


def load_listing(file: Path, root: str, selection: str) -> FolderListing | None:
    """Read a listing; None if it is missing, damaged, of another selection or out of date."""
    try:
        with file.open("rb") as opened:
            head = json.loads(opened.readline())
            if head["format"] != _FORMAT or head["selection"] != selection:
                return None
            if any(_time_of_change(root, name) != time for name, time in head["changes"]):
                return None
            paths = StringTable.map(file, opened.tell())
        left_out = tuple(Omission(**part) for part in head["left_out"])
        changes = tuple((name, time) for name, time in head["changes"])
        return FolderListing(paths, tuple(head["counts"]), left_out, changes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class _Folder:
    """What one class folder holds; paths are below the root."""

    paths: list[str]
    left_out: LeftOut
    changes: list[tuple[str, int]]


def _list_folder(root: str, folder: str) -> _Folder:
    found = _Folder([], LeftOut(), [])

    def visit(path: str) -> None:
        # Before the folder is listed: what is added meanwhile makes the listing out of date.
        name = path[len(root) + 1 :]
        found.changes.append((name, _time_of_change(root, name)))

    # The root is kept once, not in each of millions of paths.
    found.paths.extend(
        path[len(root) + 1 :]
        for path in images_below(os.path.join(root, folder), found.left_out, visit)
    )
    return found


def _time_of_change(root: str, name: str) -> int:
    return os.stat(os.path.join(root, name)).st_mtime_ns


def _selection(root: str, folders: Sequence[str]) -> str:
    """Return the SHA-256 of the root's and the folders' names."""
    return sha256(os.fsencode("\n".join([os.path.abspath(root), *folders]))).hexdigest()
