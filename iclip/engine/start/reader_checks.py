"""What the data sets' own readers say about their files before a run starts.

A check with rules of its own would pass what the reader refuses, or refuse what the reader takes.
So each reader checks its own files, with the method ``check_files(settings)``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from iclip.files.storage import is_remote
from iclip.registry import DATASETS, own_type
from iclip.settings import walk_settings

# How mmdet, mmseg and mmaction call the places of their data.
_LOCAL_SETTINGS = ("data_root", "ann_file", "data_prefix")


def reader_problems(cfg: Mapping[str, Any], sections: Sequence[str]) -> list[str]:
    """Ask the reader of every data set in a config.

    Args:
        cfg: The config.
        sections: Its entries that may hold data sets.

    Returns:
        A message per data set that its reader would refuse.
    """
    problems = []
    for section in sections:
        for place, settings in walk_settings(cfg.get(section), section):
            if not isinstance(settings, Mapping):
                continue
            # The types of other frameworks, and misspelt ones, are checked elsewhere.
            reader = own_type(DATASETS, settings.get("type"))
            if hasattr(reader, "check_files"):
                problems += _problems_of(reader, settings, place)
            elif "type" in settings:
                problems += _urls_of(settings, place)
    return problems


def _urls_of(settings: Mapping[str, Any], place: str) -> list[str]:
    """Say which data of another framework's data set or metric are named by URL."""
    return [
        f"Data: {key} is {value!r}: images, annotations and videos of the downstream tasks are "
        "read from local disks; copy them there, or mount the bucket"
        for name in _LOCAL_SETTINGS
        for key, value in walk_settings(settings.get(name), f"{place}.{name}")
        if isinstance(value, str) and is_remote(value)
    ]


def _problems_of(reader: Any, settings: Mapping[str, Any], place: str) -> list[str]:
    try:
        reader.check_files(settings)
    except KeyError as error:
        return [f"Data: {place} ({settings['type']}) lacks the setting {error}"]
    except (OSError, ValueError) as error:
        return [f"Data: {place}: {error}"]
    return []
