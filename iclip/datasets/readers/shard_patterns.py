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
    base_name,
    glob_paths,
    is_file,
    is_folder,
    is_remote,
    is_web,
    join,
    missing_files,
)
from iclip.messages import counted, listing

# So many missing shards are named in the setting that leaves them out.
_WORTH_NAMING = 20


def expand_shards(
    setting: str, shards: str | Sequence[str], leave_out: Sequence[str] = ()
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
        leave_out: Tars that are not taken, whether they are there or not; by their paths, or by the
            ends of these, such as their names.

    Raises:
        FileNotFoundError: A tar is missing, or a folder or pattern holds none.
        ValueError: The list is empty, its braces do not match, or ``leave_out`` names another tar.
    """
    patterns = [shards] if isinstance(shards, str | os.PathLike) else list(shards)
    left_out = LeftOut()
    found = [
        path for pattern in patterns for path in _expand(setting, os.fspath(pattern), left_out)
    ]
    repeated = tuple(_repeated(found))
    found, absent = _without(setting, list(dict.fromkeys(found)), leave_out)
    missing = missing_files(found)
    if missing:
        problem = f"{len(missing)} of {len(found)} shards are missing, the first is {missing[0]}"
        # More are a wrong path, or a download that is not complete.
        if len(missing) <= min(_WORTH_NAMING, len(found) - 1):
            problem += f". To go on for good without them, set {leave_out_setting(missing)}"
        place = shards if isinstance(shards, str) else missing[0]
        raise missing_data(setting, place, problem)
    if not found:
        raise ValueError(f"{setting} is an empty list: name the shards")
    return found, (*repeated, *absent, *omissions(left_out))


def leave_out_setting(shards: Sequence[str]) -> str:
    """Write the setting that leaves shards out: by their names, or by their paths if need be."""
    names = [base_name(shard.partition("?")[0]) for shard in shards]
    return f"leave_out={names if len(set(names)) == len(names) else list(shards)!r}"


def _without(
    setting: str, shards: Sequence[str], leave_out: Sequence[str]
) -> tuple[list[str], tuple[Omission, ...]]:
    """Leave out the shards that are named, and count them."""
    if isinstance(leave_out, str):
        raise ValueError(f"leave_out={leave_out!r}: give a list of shards")
    # Without what a signature adds to a URL.
    full = {shard: shard.partition("?")[0] for shard in shards}
    named = {
        entry: [shard for shard in shards if f"/{full[shard]}".endswith(f"/{entry}")]
        for entry in leave_out
    }
    unknown = [entry for entry, found in named.items() if not found]
    if unknown:
        raise ValueError(
            f"leave_out names {counted(len(unknown), 'shard')} that {setting} does not: "
            f"{listing(unknown)}. Name shards as they are listed, or by their file names"
        )
    absent = {shard for found in named.values() for shard in found}
    kept = [shard for shard in shards if shard not in absent]
    if not absent:
        return kept, ()
    return kept, (Omission("shards named in leave_out", len(absent), min(absent)),)


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
