"""The tars that a user's pattern names."""

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence

from braceexpand import braceexpand

from iclip.data_summary import Omission, omissions
from iclip.datasets.readers.missing_data import missing_data
from iclip.files.images import OWN_SUFFIXES, LeftOut, class_entries
from iclip.files.storage import (
    glob_paths,
    is_file,
    is_folder,
    is_remote,
    is_web,
    join,
    missing_files,
)


def expand_shards(
    setting: str, shards: str | Sequence[str]
) -> tuple[list[str], tuple[Omission, ...]]:
    """List the tars that a pattern names, in order, and what else lies there.

    In a folder, and among the matches of a pattern with ``*``, ``?`` or ``[...]``, the files that
    end in ``.tar`` (in any case) are taken, unless their name starts with a dot. Names in braces
    must all exist. A tar that is named twice is taken once.

    Args:
        setting: The setting as the user wrote it, for messages.
        shards: A folder with tars, a pattern (``*``, ``?``, ``[0-9]``; ``{00000..00041}.tar``), a
            tar, or a list of these; or their URLs. A web server has no listing, so that its tars
            are named one by one or in braces.

    Raises:
        FileNotFoundError: A tar is missing, or a folder or pattern holds none.
        ValueError: The list is empty, or its braces do not match.
    """
    patterns = [shards] if isinstance(shards, str | os.PathLike) else list(shards)
    left_out = LeftOut()
    found = [
        path for pattern in patterns for path in _expand(setting, os.fspath(pattern), left_out)
    ]
    missing = missing_files(found)
    if missing:
        raise missing_data(
            setting,
            shards if isinstance(shards, str) else missing[0],
            f"{len(missing)} of {len(found)} shards are missing, the first is {missing[0]}",
        )
    if not found:
        raise ValueError(f"{setting} is an empty list: name the shards")
    return list(dict.fromkeys(found)), (*_repeated(found), *omissions(left_out))


def _expand(setting: str, pattern: str, left_out: LeftOut) -> list[str]:
    """List the tars of one pattern, and add what else lies there to ``left_out``."""
    if _may_be_folder(pattern) and is_folder(pattern):
        return _tars_in_folder(setting, pattern, left_out)
    # A file's own name may hold the characters of patterns.
    if not _has_magic(pattern) or is_file(pattern):
        return [pattern]
    try:
        expanded = list(braceexpand(pattern))
    except ValueError as error:
        raise ValueError(
            f"{setting} is {pattern!r}, whose braces do not match: write {{00000..00041}}.tar"
        ) from error
    found: list[str] = []
    for path in expanded:
        if _has_wildcard(path):
            found += _tars_of_pattern(setting, path, left_out)
        else:
            found.append(path)
    return found


def _tars_in_folder(setting: str, folder: str, left_out: LeftOut) -> list[str]:
    """List the tars of a folder, but not those of the folders in it."""
    here = LeftOut()  # of this folder alone, for the error message
    entries = class_entries(folder, here)
    for name in entries.folders:
        here.add(join(folder, name), "folders")
    if not entries.tars:
        raise _no_tar(setting, folder, here)
    left_out.update(here)
    return [join(folder, name) for name in entries.tars]


def _may_be_folder(pattern: str) -> bool:
    """Whether to ask if a path is a folder; a server is not asked about each of many tars."""
    if not is_remote(pattern):
        return True
    return not is_web(pattern) and not pattern.lower().endswith(".tar")


def _has_wildcard(path: str) -> bool:
    """Whether ``*``, ``?`` or ``[`` ask for a listing; in a web address, ``?`` begins a query."""
    return "*" in path if is_web(path) else glob.has_magic(path)


def _has_magic(pattern: str) -> bool:
    return "{" in pattern or "}" in pattern or _has_wildcard(pattern)


def _tars_of_pattern(setting: str, pattern: str, left_out: LeftOut) -> list[str]:
    tars, here = [], LeftOut()
    # glob leaves out names that start with a dot, unless the pattern does.
    for path in glob_paths(pattern):
        if path.lower().endswith(".tar"):
            tars.append(path)
        elif not path.endswith(OWN_SUFFIXES):
            here.add(path)
    if not tars:
        raise _no_tar(setting, pattern, here)
    left_out.update(here)
    return tars


def _no_tar(setting: str, pattern: str, here: LeftOut) -> FileNotFoundError:
    return missing_data(
        setting, pattern, f"no .tar there{f', but {here}' if here.counts else ', nor another file'}"
    )


def _repeated(paths: Sequence[str]) -> Iterator[Omission]:
    repeated = [(path, count) for path, count in Counter(paths).items() if count > 1]
    if repeated:
        again = sum(count - 1 for _, count in repeated)
        yield Omission("shards named again", again, repeated[0][0])
