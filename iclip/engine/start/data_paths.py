"""Paths of the data in a config, and which of them are missing on this machine."""

import glob
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iclip.data_root import DATA_VARIABLE
from iclip.files.storage import is_remote
from iclip.messages import listed_lines
from iclip.settings import walk_settings

# Sections of a config that name data.
DATA_SECTIONS = ("model", "train_dataloader", "val_dataloader", "val_evaluator")
# How the settings of files of weights end: those of a backbone, and of a classifier by words.
WEIGHTS = ".checkpoint"
# How many missing paths one message lists.
MAX_LISTED = 8
# Characters that make a path name several files: globs, and img2dataset's shard ranges such as
# {00000..00031}.
PATTERN = re.compile(r"[*?\[{]")


def data_paths(cfg: Mapping[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    """List the paths of the data in a config.

    A path of the data is any string of the config's data sections that is absolute or lies below
    the data root. URLs are left to the readers, which ask their servers (`check_files`).

    Args:
        cfg: The config.
        root: The data root, as the config was read with it.

    Yields:
        A path and the setting that holds it.
    """
    for section in DATA_SECTIONS:
        for key, value in walk_settings(cfg.get(section), section):
            if not isinstance(value, str) or is_remote(value):
                continue
            if os.path.isabs(value) or _is_below(value, root):
                yield value, key


def data_problems(cfg: Mapping[str, Any], root: Path) -> list[str]:
    """Say which data of the config are missing.

    Args:
        cfg: The config.
        root: The data root, as the config was read with it.
    """
    missing: dict[str, str] = {}
    for path, key in data_paths(cfg, root):
        # The check of the weights knows that FILE#PART names a file.
        if not key.endswith(WEIGHTS) and path not in missing and not _is_there(path):
            missing[path] = key
    if not missing:
        return []
    entries = [f"{path}  ({key})" for path, key in missing.items()]
    lines = listed_lines(entries, MAX_LISTED, indent=7)
    advice = f"     Put it there, or set {DATA_VARIABLE} to the folder that holds it"
    if not root.is_dir() and any(_is_below(path, root) for path in missing):
        title = f"Data: the data root '{root}' does not exist; the config reads"
    else:
        title = "Data: these do not exist or are empty"
    return ["\n".join([title, *lines, advice])]


def _is_below(path: str, root: Path) -> bool:
    return Path(path) == root or root in Path(path).parents


def _is_there(path: str) -> bool:
    """Whether a path names a file, a folder that is not empty, or a glob with a match.

    Of a range of shards, only the folder is looked at.
    """
    # A name may have the signs of a pattern in it.
    if _has_content(path):
        return True
    pattern = PATTERN.search(path)
    if pattern and "{" not in path:
        return bool(glob.glob(path))
    return pattern is not None and _has_content(os.path.dirname(path[: pattern.start()]))


def _has_content(path: str) -> bool:
    return os.path.isfile(path) or (os.path.isdir(path) and any(os.scandir(path)))
