"""Read and write mmaction's lists of videos, one ``file label`` per line, for any file name.

The label follows the last blank or tab, so names of folders and files may contain blanks, as those
of Kinetics do. Byte order marks and Windows' line ends are not part of a name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.files.text import read_text

# Beside a list, the names of its classes, one per line.
LABEL_FILE = "labels.txt"

_KINETICS_CSV = ("label", "youtube_id")
_NUMBER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class ListedVideo:
    """A line of a list.

    Attributes:
        line: Number of the line, from 1.
        name: Name of the file as written.
        labels: The numbers after the name.
    """

    line: int
    name: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class VideoList:
    """A list of videos.

    Attributes:
        videos: The lines that name a video and its label.
        malformed: Number and text of the other lines, without blank ones.
        kinetics_csv: Whether the file is the table that comes with Kinetics.
    """

    videos: tuple[ListedVideo, ...]
    malformed: tuple[tuple[int, str], ...]
    kinetics_csv: bool = False


def read_video_list(path: str | Path, delimiter: str = " ", multi_class: bool = False) -> VideoList:
    """Read a list of videos.

    Args:
        path: The list.
        delimiter: What separates file and label; a blank stands for any blanks and tabs.
        multi_class: Whether several labels may follow a file.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is not text in a known encoding.
    """
    pattern = _line_pattern(delimiter, multi_class)
    videos, malformed = [], []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        line = line.strip()
        found = pattern.fullmatch(line)
        if found is not None:
            labels = tuple(int(label) for label in _NUMBER.findall(found[2]))
            videos.append(ListedVideo(number, found[1].rstrip(), labels))
        elif line:
            malformed.append((number, line))
    # Kinetics' own table has no line that fits, so its header is the first malformed one.
    first = malformed[0][1] if malformed else ""
    header = tuple(field.strip().strip('"') for field in first.split(",")[:2])
    return VideoList(tuple(videos), tuple(malformed), header == _KINETICS_CSV)


def _line_pattern(delimiter: str, multi_class: bool) -> re.Pattern[str]:
    """Match a line: the file's name, then one label, or all whole numbers at the end."""
    # The name is matched greedily before one label, so that it may hold blanks and numbers; before
    # several labels it is as short as possible, and all numbers at the end are labels.
    between = r"\s+" if delimiter.isspace() else rf"\s*{re.escape(delimiter)}\s*"
    label = rf"{between}[+-]?\d+"
    return re.compile(rf"(\S.*?)((?:{label})+)" if multi_class else rf"(\S.*)({label})")


def format_video_list(videos: Sequence[tuple[str, int]]) -> str:
    """Return the text of a list of files with one label each; the names fit a list."""
    return "".join(f"{name} {label}\n" for name, label in videos)
