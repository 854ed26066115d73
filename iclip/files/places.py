"""What a file for others must not tell: where things lie on the machine that has trained.

A config names data, checkpoints and work dirs by their paths, which hold names of users, machines
and buckets. Of such a path the last part stays, which says what the thing is.
"""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

# A path from the root of a disk, a share or a home, a way out of the folder, or a URL that is not a
# public page.
_START = r"/(?=[\w.~-])|~[\w-]*/|\.\./|\\\\(?=\w)|[A-Za-z]:[\\/]|(?!https?:)[A-Za-z][\w+.-]*://"
# Blanks end a path in a text; in a value that is a path as a whole, they do not.
_WHOLE = re.compile(rf"(?:{_START}).*", re.DOTALL)
_INSIDE = re.compile(rf"(?<![\w:/.\\~<-])(?:{_START})[^\s'\"`,;:()\[\]{{}}<>|]*")


def without_places(value: Any) -> Any:
    """Copy plain values; of every text that is a place, or holds one, the last part stays."""
    if isinstance(value, Mapping):
        return {without_places(key): without_places(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_places(entry) for entry in value)
    if not isinstance(value, str):
        return value
    if _WHOLE.fullmatch(value) and "\n" not in value:
        return _last_part(value)
    return _INSIDE.sub(lambda found: _last_part(found[0]), value)


def _last_part(place: str) -> str:
    file, mark, part = place.partition("#")  # FILE#PART
    path = PureWindowsPath(file) if "\\" in file else PurePosixPath(file)
    # A home's own name is a user's.
    is_home = path.parent.name in ("home", "Users") or str(path) in ("/root", str(Path.home()))
    return ("" if is_home else path.name) + mark + part


def places_in(text: str) -> list[str]:
    """Return the places that a text still names."""
    return _INSIDE.findall(text)
