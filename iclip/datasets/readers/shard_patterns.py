"""The tars that a user's pattern names."""

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from braceexpand import braceexpand

from iclip.data_summary import Omission, omissions
from iclip.datasets.readers.missing_data import missing_data
from iclip.files.images import OWN_SUFFIXES, LeftOut, class_entries


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
            tar, or a list of these.

    Raises:
        FileNotFoundError: A tar is missing, or a folder or pattern holds none.
        ValueError: The list is empty, or its braces do not match.
    """
    patterns = [shards] if isinstance(shards, str | os.PathLike) else list(shards)
    left_out = LeftOut()
    found = [
        path for pattern in patterns for path in _expand(setting, os.fspath(pattern), left_out)
    ]
    missing = list(_missing(found))
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
    if os.path.isdir(pattern):
        return _tars_in_folder(setting, pattern, left_out)
    if os.path.isfile(pattern):
        # A file's own name may hold the characters of patterns.
        return [pattern]
    try:
        expanded = list(braceexpand(pattern))
    except ValueError as error:
        raise ValueError(
            f"{setting} is {pattern!r}, whose braces do not match: write {{00000..00041}}.tar"
        ) from error
    found: list[str] = []
    for path in expanded:
        if glob.has_magic(path):
            found += _tars_of_pattern(setting, path, left_out)
        else:
            found.append(path)
    return found


def _tars_in_folder(setting: str, folder: str, left_out: LeftOut) -> list[str]:
    """List the tars of a folder, but not those of the folders in it."""
    here = LeftOut()  # of this folder alone, for the error message
    entries = class_entries(folder, here)
    for name in entries.folders:
        here.add(os.path.join(folder, name), "folders")
    if not entries.tars:
        raise _no_tar(setting, folder, here)
    left_out.update(here)
    return [os.path.join(folder, name) for name in entries.tars]


def _tars_of_pattern(setting: str, pattern: str, left_out: LeftOut) -> list[str]:
    tars, here = [], LeftOut()
    # glob leaves out names that start with a dot, unless the pattern does.
    for path in sorted(glob.glob(pattern)):
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


def _missing(paths: Iterable[str]) -> Iterator[str]:
    """Yield the missing paths; list each folder once instead of asking for thousands of files."""
    names: dict[str, set[str]] = {}
    for path in paths:
        folder, name = os.path.split(path)
        if folder not in names:
            is_folder = os.path.isdir(folder or ".")
            names[folder] = set(os.listdir(folder or ".")) if is_folder else set()
        if name not in names[folder]:
            yield path


def _repeated(paths: Sequence[str]) -> Iterator[Omission]:
    repeated = [(path, count) for path, count in Counter(paths).items() if count > 1]
    if repeated:
        again = sum(count - 1 for _, count in repeated)
        yield Omission("shards named again", again, repeated[0][0])
