"""Find the files to predict on below the user's paths, and name their pictures."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from iclip.files.images import IMAGE_EXTENSIONS, LeftOut, files_below, is_image_name
from iclip.files.videos import VIDEO_EXTENSIONS, is_video_name
from iclip.messages import printable

# Number of folders above a file that may go into its picture's name.
_NAMED_FOLDERS = 2
# File systems take 255 bytes; a frame's time and a number follow the title.
_LONGEST_TITLE = 200


@dataclass(frozen=True)
class InputFile:
    """A file to predict on.

    Attributes:
        path: The file, as the user named it.
        title: The beginning of its pictures' names.
    """

    path: Path
    title: str

    @property
    def is_video(self) -> bool:
        """Whether its name is a video's."""
        return is_video_name(self.path.name)


def find_inputs(
    paths: Sequence[Path], only_videos: bool, limit: int | None = None
) -> tuple[list[InputFile], LeftOut]:
    """List the files to predict on, in the order of their names; folders are read at any depth.

    Args:
        paths: Images, videos or folders.
        only_videos: Whether the model takes videos alone.
        limit: Largest number of files; None: all.

    Returns:
        The files, each once, with different titles; and the other files of the folders.

    Raises:
        FileNotFoundError: A path does not exist.
        ValueError: A file is not one that the model takes, or a folder holds none.
    """
    # A file that is reached by two paths counts once, under the first.
    found: dict[Path, Path] = {}
    left_out = LeftOut()
    fits = partial(_fits, only_videos=only_videos)
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"INPUT {path} does not exist")
        is_folder = path.is_dir()
        fitting = list(map(Path, files_below(path, fits, left_out))) if is_folder else [path]
        if not any(fits(file.name) for file in fitting):
            raise ValueError(_unfitting(path, only_videos))
        for file in fitting:
            # pathlib's `resolve` fails at links in a circle, of which reading tells more.
            found.setdefault(Path(os.path.realpath(file)), file)
    chosen = dict(list(found.items())[:limit])
    titles = _titles(list(chosen))
    return [InputFile(file, titles[resolved]) for resolved, file in chosen.items()], left_out


def _fits(name: str, only_videos: bool) -> bool:
    return is_video_name(name) or (is_image_name(name) and not only_videos)


def _unfitting(path: Path, only_videos: bool) -> str:
    """Say that a path is not, or does not hold, what the model takes."""
    kind = "videos" if only_videos else "images or videos"
    extensions = sorted(VIDEO_EXTENSIONS if only_videos else IMAGE_EXTENSIONS | VIDEO_EXTENSIONS)
    what = f"holds no {kind}" if path.is_dir() else f"is not one of the {kind}"
    return f"INPUT {path} {what} that the model takes (.{', .'.join(extensions)})"


def _titles(files: Sequence[Path]) -> dict[Path, str]:
    """Name files by their stem, then where needed by their suffix and the folders above them."""
    titles: dict[Path, str] = {}
    left = list(files)
    for folders in range(_NAMED_FOLDERS + 1):
        for with_suffix in (False, True):
            named = {file: _title(file, folders, with_suffix) for file in left}
            # Some file systems do not tell upper from lower case.
            taken = {title.casefold() for title in titles.values()}
            counts = Counter(title.casefold() for title in named.values())
            for file, title in named.items():
                if counts[title.casefold()] == 1 and title.casefold() not in taken:
                    titles[file] = title
            left = [file for file in left if file not in titles]
    # The rest share a title; the records add a number to their pictures' names.
    return titles | {file: _title(file, 0, True) for file in left}


def _title(file: Path, folders: int, with_suffix: bool) -> str:
    """Join the names of so many folders above a file and its own by underscores."""
    above = [part for part in file.parent.parts if part != os.sep][-folders:] if folders else []
    title = "_".join([*above, file.name if with_suffix else file.stem])
    # Control characters and other bytes than UTF-8 become escapes, whose backslashes go, too.
    return _cut(re.sub(r"[/\\:]", "_", printable(title)))


def _cut(title: str) -> str:
    """Shorten a title to a length that file systems take, and to what is text."""
    return os.fsencode(title)[:_LONGEST_TITLE].decode(errors="ignore")
