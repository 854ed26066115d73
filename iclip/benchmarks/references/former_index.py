"""The indexer of tars as it was: a read of 512 bytes per header, one shard after the other."""

import os
from pathlib import Path

from iclip.datasets.readers.sample_members import SampleNames, pair_members
from iclip.datasets.readers.tar_index import TarIndex, records_of
from iclip.datasets.readers.tar_members import BLOCK, Member, member_name


def build_former_index(path: Path, names: SampleNames) -> TarIndex:
    """Index a shard of pairs.

    Args:
        path: The tar, in POSIX's format.
        names: How its members are named.
    """
    found = pair_members(former_members(path), names, str(path))
    without_text = tuple(member.name for member in found.without_text)
    return TarIndex(records_of(found.pairs), without_text, found.left_out)


def former_members(path: Path) -> list[Member]:
    """List the regular files of a tar."""
    members: list[Member] = []
    overrides: dict[str, str] = {}
    offset = 0
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while (header := os.pread(descriptor, BLOCK, offset)) and header.count(0) < BLOCK:
            size = int(header[124:136].rstrip(b"\0 ") or b"0", 8)
            offset += BLOCK
            kind = header[156:157]
            if kind == b"x":
                overrides = _extended(os.pread(descriptor, size, offset))
            elif kind in b"0\0":
                size = int(overrides.get("size", size))
                members.append(Member(overrides.get("path") or member_name(header), offset, size))
                overrides = {}
            offset += -(-size // BLOCK) * BLOCK
    finally:
        os.close(descriptor)
    return members


def _extended(content: bytes) -> dict[str, str]:
    """Parse a PAX header's records, ``length key=value``."""
    values = {}
    while content:
        length = int(content.partition(b" ")[0])
        key, _, value = content[:length].partition(b" ")[2].rstrip(b"\n").partition(b"=")
        values[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        content = content[length:]
    return values
