"""Where each file inside a tar lies.

Python's tarfile takes 25 to 60 microseconds per member: a day for the 40,000 shards of LAION-400M.
This module parses what img2dataset, webdataset and GNU tar write in a fraction of that time, and
leaves the rest to tarfile.
"""

import os
import tarfile
from typing import NamedTuple

# Bytes of a header; contents are padded to a multiple of it. The fields of a header are those of
# POSIX's ustar: name 0-99, size 124-135, type 156, magic word 257-262, prefix of the name 345-499.
BLOCK = 512
# Bytes. A larger PAX header is left to tarfile; a damaged one may claim gigabytes.
_LARGEST_EXTENDED = 1 << 20
# Bytes that are read at a time to find out whether headers follow; a multiple of BLOCK.
_CHUNK = 1 << 20


class Member(NamedTuple):
    """A regular file inside a tar; its content is ``size`` bytes from ``offset`` on."""

    name: str
    offset: int
    size: int


class _NeedsTarfile(Exception):
    """The tar uses something that is left to tarfile."""


def tar_members(path: str | os.PathLike[str]) -> list[Member]:
    """List the regular files of an uncompressed tar, in the order of their contents.

    Raises:
        ValueError: The file is not a tar, ends within a member, or holds members after a gap in
            the chain of headers.
        OSError: It cannot be read.
    """
    try:
        members, end = _read_headers(path)
    except _NeedsTarfile:
        members, end = _read_with_tarfile(path)
    size = os.path.getsize(path)
    broken = next((m for m in members if m.offset + m.size > size), None)
    if broken:
        raise ValueError(
            f"{path} is truncated: its member {broken.name!r} needs {broken.offset + broken.size} "
            f"bytes, the file has {size}. Download it again"
        )
    if _header_follows(path, end):
        raise ValueError(
            f"{path}: the list of its members breaks off at byte {end}, but more follow: it is "
            "damaged, or several tars in one file. Download it again, or keep each tar in a file "
            "of its own"
        )
    return members


def member_name(header: bytes) -> str:
    """Read the name in a 512-byte header, which holds at most 255 bytes of it."""
    name = _text(header[:100])
    # GNU's format uses the prefix field for something else.
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _read_headers(path: str | os.PathLike[str]) -> tuple[list[Member], int]:
    """Return the members, and the offset at which the chain of headers ends."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return _parse_headers(descriptor)
    finally:
        os.close(descriptor)


def _parse_headers(descriptor: int) -> tuple[list[Member], int]:
    members: list[Member] = []
    offset = 0
    # What a PAX header says of the next member, in place of fields that are too short.
    overrides: dict[str, str] = {}
    while header := os.pread(descriptor, BLOCK, offset):
        if header.count(0) == BLOCK:  # the end mark
            break
        if len(header) < BLOCK or header[257:262] != b"ustar":
            raise _NeedsTarfile
        size = _number(header[124:136])
        offset += BLOCK
        kind = header[156:157]
        # Types: x is a PAX header for the next member, 0 or zero a regular file, 5 a folder.
        if kind == b"x" and size <= _LARGEST_EXTENDED:
            overrides = _extended(os.pread(descriptor, size, offset))
        elif kind in b"0\0":
            if "size" in overrides:
                size = _decimal(overrides["size"])
            members.append(Member(overrides.get("path") or member_name(header), offset, size))
            overrides = {}
        elif kind == b"5":
            overrides = {}
        else:
            raise _NeedsTarfile
        offset += -(-size // BLOCK) * BLOCK
    return members, offset


def _extended(content: bytes) -> dict[str, str]:
    """Parse a PAX header's records, ``length key=value``; webdataset writes one per member."""
    values = {}
    while content:
        length, _, _ = content.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(content):
            raise _NeedsTarfile
        key, _, value = content[len(length) + 1 : int(length) - 1].partition(b"=")
        if key.startswith(b"GNU.sparse"):
            raise _NeedsTarfile
        values[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        content = content[int(length) :]
    return values


def _number(field: bytes) -> int:
    """Parse an octal number."""
    try:
        return int(field.rstrip(b"\0 ") or b"0", 8)
    except ValueError:
        # Sizes of 8 GiB and more are written in base 256.
        raise _NeedsTarfile from None


def _decimal(text: str) -> int:
    if not text.isdecimal():
        raise _NeedsTarfile
    return int(text)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _read_with_tarfile(path: str | os.PathLike[str]) -> tuple[list[Member], int]:
    """Do what `_read_headers` does, for any tar and more slowly."""
    members = []
    try:
        with tarfile.open(path, "r:") as archive:
            for info in archive:
                if info.isreg() and not info.issparse():
                    members.append(Member(info.name, info.offset_data, info.size))
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep them all.
            return members, archive.offset  # type: ignore[attr-defined]  # of the end mark
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{path} is not a readable, uncompressed tar ({error}). Download it again, or unpack "
            "it if it is compressed"
        ) from error


def _header_follows(path: str | os.PathLike[str], offset: int) -> bool:
    """Whether a header follows after an offset, which is a multiple of the block size."""
    with open(path, "rb", buffering=0) as file:
        file.seek(offset)
        while chunk := file.read(_CHUNK):
            # The magic word is at byte 257 of a header.
            blocks = range(257, len(chunk), BLOCK)
            if b"ustar" in chunk and any(chunk.startswith(b"ustar", at) for at in blocks):
                return True
    return False
