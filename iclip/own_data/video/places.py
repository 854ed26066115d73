"""Where the videos of a list lie."""

import os
from collections.abc import Sequence
from pathlib import Path

# Folders in which tools put videos.
VIDEO_FOLDERS = ("videos", "video", "clips")
_TRIED_NAMES = 64


def folder_of_videos(names: Sequence[str], places: Sequence[Path]) -> Path:
    """Find the folder that names are relative to: the first of those that hold most of a sample.

    Args:
        names: The files as a list writes them.
        places: Folders in which they may lie.
    """
    step = max(1, len(names) // _TRIED_NAMES)
    tried = names[::step]
    folders = list(dict.fromkeys(places))
    return max(folders, key=lambda place: sum(_is_there(place, name) for name in tried))


def existing_video(path: str) -> str | None:
    """Return a path at which there is a file, with Windows' separators or without."""
    for candidate in (path, path.replace("\\", "/")):
        if os.path.isfile(candidate):
            return os.path.normpath(candidate)
    return None


def _is_there(place: Path, name: str) -> bool:
    return existing_video(os.path.join(place, name)) is not None
