"""Lists of videos: a line ``file label`` per video, a table, or the table that Kinetics hands out.

A label is a number or a name, which may hold blanks. Numbers get names from a list of classes
beside the list (``labels.txt``, or UCF-101's ``classInd.txt``).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from iclip.files.images import files_below
from iclip.files.videos import is_video_name
from iclip.messages import counted, listing
from iclip.own_data.data_set import PARTS, TRAIN
from iclip.own_data.format import ReadParts
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks
from iclip.own_data.video import official_splits
from iclip.own_data.video.clips import usable_clips
from iclip.own_data.video.labels import read_labels
from iclip.own_data.video.places import VIDEO_FOLDERS, existing_video, folder_of_videos
from iclip.own_data.video.table import ListKind, VideoRow, kind_of_list, read_rows
from iclip.tasks import VIDEO

NAME = "list"
TASKS = (VIDEO,)
LOOKS_FOR = (
    "train.txt and val.txt (or .csv) with a line `file label` per video, or Kinetics' tables with "
    "label, youtube_id, time_start, time_end"
)
_SUFFIXES = (".txt", ".csv", ".tsv", ".lst")


def signs(root: Path) -> str | None:
    """Return the lists' names; None if there is none, or official splits say more."""
    if official_splits.signs(root) is not None:
        return None
    names = [
        os.path.relpath(file, root) if root.is_dir() else file.name for file, _ in _lists(root)
    ]
    return listing(names, 3) if names else None


def read(root: Path, task: str) -> ReadParts:
    """Read the lists of all parts, and find their videos.

    Raises:
        ValueError: Two lists hold one part; no video is found; labels do not fit their names.
        OSError: A list cannot be read.
    """
    root = Path(os.path.abspath(root))
    remarks = Remarks(os.fspath(root))
    lists = _by_part(_lists(root), remarks)
    rows = {
        part: list(_parted(read_rows(file, kind, remarks), part))
        for part, (file, kind) in lists.items()
    }
    by_part: dict[str, list[VideoRow]] = {}
    for of_list in rows.values():
        for part, row in of_list:
            by_part.setdefault(part, []).append(row)
    found = {part: _found(of_part, part, root, remarks) for part, of_part in by_part.items()}
    texts = [row.label for of_part in found.values() for _, row in of_part]
    places = dict.fromkeys(file.parent for file, _ in lists.values())
    classes, labels = read_labels(texts, [*places, root], remarks)
    parts = {
        part: usable_clips([(file, labels[row.label]) for file, row in of_part], remarks)
        for part, of_part in found.items()
    }
    return ReadParts(classes, parts, remarks.omissions(), tuple(remarks.notes))


def _lists(root: Path) -> list[tuple[Path, ListKind]]:
    """Find the lists in a folder or its ``annotations/``; or the one that was named."""
    if root.is_file():
        files = [root]
    elif root.is_dir():
        places = [root, root / "annotations"]
        files = [file for place in places if place.is_dir() for file in sorted(place.iterdir())]
    else:
        files = []
    wanted = [file for file in files if file.suffix.lower() in _SUFFIXES and file.is_file()]
    kinds = [(file, kind_of_list(file)) for file in wanted]
    return [(file, kind) for file, kind in kinds if kind is not None]


def _by_part(
    lists: Sequence[tuple[Path, ListKind]], remarks: Remarks
) -> dict[str, tuple[Path, ListKind]]:
    """Give each part its list; a single list that says of no part is ``train``.

    Raises:
        ValueError: Several may be meant.
    """
    by_part: dict[str | None, list[tuple[Path, ListKind]]] = {}
    for file, kind in lists:
        by_part.setdefault(part_of(file.stem), []).append((file, kind))
    unnamed = by_part.pop(None, [])
    if not by_part:
        by_part = {TRAIN: unnamed}
    elif unnamed:
        remarks.leave_out("lists of no part", [str(file) for file, _ in unnamed])
    for part, entries in by_part.items():
        if len(entries) > 1:
            names = listing([file.name for file, _ in entries])
            raise ValueError(
                f"{entries[0][0].parent} has {counted(len(entries), 'list')} for {part}: {names}. "
                f"Leave one, or name it: --data {entries[0][0]}"
            )
    return {part: by_part[part][0] for part in PARTS if part in by_part}


def _parted(rows: Sequence[VideoRow], part: str) -> Iterator[tuple[str, VideoRow]]:
    """Yield each row with its part: its own, as Kinetics' tables have it, or its list's."""
    for row in rows:
        yield row.part or part, row


def _found(
    rows: Sequence[VideoRow], part: str, root: Path, remarks: Remarks
) -> list[tuple[str, VideoRow]]:
    """Find the file of each row.

    Raises:
        ValueError: None is found; or more are missing than `Remarks` allows, except of Kinetics,
            many of whose videos are no longer there.
    """
    by_name = [row for row in rows if row.is_clip_name]
    if by_name:
        places = _files_by_stem(root if root.is_dir() else root.parent)
        paths = [places.get(row.name) for row in rows]
    else:
        folder = _folder_of([row.name for row in rows], rows[0].list.parent, part, root)
        paths = [existing_video(os.path.join(folder, row.name)) for row in rows]
    missing = [row.name for row, path in zip(rows, paths, strict=True) if path is None]
    if len(missing) == len(rows):
        raise ValueError(
            f"{rows[0].list}: none of its {counted(len(rows), 'video')} is found, such as "
            f"{missing[0]!r}. Put them beside the list, or into {VIDEO_FOLDERS[0]}/ there"
        )
    remarks.leave_out(
        "listed videos that are not there", missing, 0 if by_name else len(rows), "fetch them"
    )
    return _once([(path, row) for path, row in zip(paths, rows, strict=True) if path], remarks)


def _once(found: Sequence[tuple[str, VideoRow]], remarks: Remarks) -> list[tuple[str, VideoRow]]:
    """Keep one row per video.

    Raises:
        ValueError: Rows give a video different labels.
    """
    first: dict[str, VideoRow] = {}
    again = []
    for path, row in found:
        if first.setdefault(path, row).label != row.label:
            raise ValueError(
                f"{row.list} gives {path} the labels {first[path].label!r} and {row.label!r}: keep "
                "one of the lines"
            )
        if first[path] is not row:
            again.append(path)
    remarks.leave_out("lines that repeat a video", again)
    return list(first.items())


def _folder_of(names: Sequence[str], list_folder: Path, part: str, root: Path) -> Path:
    """Find the folder that names are relative to: the one that holds most of a sample."""
    base = root if root.is_dir() else root.parent
    below = [
        place / name
        for place in (list_folder, base)
        for name in (*VIDEO_FOLDERS, f"videos_{part}", f"{part}_videos", part)
    ]
    return folder_of_videos(names, [list_folder, base, *below])


def _files_by_stem(folder: Path) -> dict[str, str]:
    """List all videos below a folder by their names without extension."""
    files = files_below(folder, is_video_name)
    return {os.path.splitext(os.path.basename(file))[0]: file for file in files}
