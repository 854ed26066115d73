"""The settings file of darknet, the first YOLO, which CVAT still writes: ``obj.data``."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.files.text import read_text

SUFFIX = ".data"
# Darknet's own folder, in which tools expect what they write; it is rarely there.
FOLDER = "data/"
_SETTING = re.compile(r"^\s*(\w+)\s*=\s*(.*?)\s*$")


def darknet_settings(file: Path) -> Mapping[str, Any]:
    """Read the settings as those of a ``data.yaml``: lists of images, and the names of classes.

    Raises:
        ValueError: The list of names is not there.
        OSError: A file cannot be read.
    """
    found = map(_SETTING.match, read_text(file).splitlines())
    settings: dict[str, Any] = {match[1]: match[2] for match in found if match}
    stated = str(settings.get("names", "obj.names"))
    tried = [file.parent / stated, file.parent / stated.removeprefix(FOLDER)]
    names = next((path for path in tried if path.is_file()), None)
    if names is None:
        raise ValueError(f"{file}: names is {stated!r}, which is not there: put it beside the file")
    lines = [line.strip() for line in read_text(names).splitlines()]
    return {**settings, "names": [line for line in lines if line]}
