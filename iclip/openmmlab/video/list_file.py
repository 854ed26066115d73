"""Lists of videos as mmaction reads them, one ``file label`` per line, for any file name.

The label is what follows the last blank or tab, so that folders and files may have blanks in their
names, as Kinetics' have. Byte order marks and Windows' line ends are no part of a name.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from iclip.files.text import read_text

_KINETICS_CSV = ("label", "youtube_id")
_NUMBER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class ListedVideo:
    """A line of a list.

    Attributes:
        line: Its number, from 1.
        name: The file's name as written.
        labels: The numbers after it.
    """

    line: int
    name: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class VideoList:
    """A list of videos.

    Attributes:
        videos: The lines that name a video and its label.
        malformed: Number and text of the other lines that are not blank.
        kinetics_csv: Whether it is the table that Kinetics is handed out with.
    """

    videos: tuple[ListedVideo, ...]
    malformed: tuple[tuple[int, str], ...]
    kinetics_csv: bool = False


def read_video_list(path: str | Path, delimiter: str = " ", multi_class: bool = False) -> VideoList:
    """Read a list of videos.

    Args:
        path: The list.
        delimiter: Between file and label; a blank stands for blanks and tabs.
        multi_class: Whether several labels may follow a file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not text in an encoding that is recognized.
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
    first = malformed[0][1] if malformed else ""
    header = tuple(field.strip().strip('"') for field in first.split(",")[:2])
    return VideoList(tuple(videos), tuple(malformed), header == _KINETICS_CSV)


def _line_pattern(delimiter: str, multi_class: bool) -> re.Pattern[str]:
    """Match a line: the file's name, then one label, or all whole numbers at its end."""
    between = r"\s+" if delimiter.isspace() else rf"\s*{re.escape(delimiter)}\s*"
    label = rf"{between}[+-]?\d+"
    return re.compile(rf"(\S.*?)((?:{label})+)" if multi_class else rf"(\S.*)({label})")
