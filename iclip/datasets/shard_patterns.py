"""Which tars a user's pattern means."""

import glob
import os
from collections.abc import Sequence

from braceexpand import braceexpand

from iclip.datasets.data_root import missing_data


def expand_shards(setting: str, shards: str | Sequence[str]) -> list[str]:
    """List the tars that are meant, in order.

    Args:
        setting: The setting as the user wrote it, for messages.
        shards: A folder with tars, a pattern (``*``, ``?``, ``[0-9]``; ``{00000..00041}.tar``), a
            tar, or a list of these.

    Raises:
        FileNotFoundError: A tar is missing, or a folder or pattern holds none.
    """
    patterns = [shards] if isinstance(shards, str | os.PathLike) else list(shards)
    found = [path for pattern in patterns for path in _expand(setting, os.fspath(pattern))]
    missing = [path for path in found if not os.path.isfile(path)]
    if missing:
        raise missing_data(
            setting,
            shards if isinstance(shards, str) else missing[0],
            f"{len(missing)} of {len(found)} shards are missing, the first is {missing[0]}",
        )
    if not found:
        raise ValueError(f"{setting} is an empty list: name the shards")
    return found


def _expand(setting: str, pattern: str) -> list[str]:
    if os.path.isdir(pattern):
        found = sorted(glob.glob(os.path.join(glob.escape(pattern), "*.tar")))
        if not found:
            raise missing_data(setting, pattern, "the folder holds no *.tar")
        return found
    paths = []
    for path in braceexpand(pattern):
        if not glob.has_magic(path):
            paths.append(path)
            continue
        matches = sorted(glob.glob(path))
        if not matches:
            raise missing_data(setting, path, "no file matches")
        paths += matches
    return paths
