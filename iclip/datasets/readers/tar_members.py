"""Where each file inside a tar lies.

Python's tarfile takes 25 to 60 microseconds a member, a day for the 40,000 shards of LAION-400M.
What img2dataset, webdataset and GNU tar write is parsed here at a fraction of that; the rest is
left to tarfile.
"""

import os
import tarfile
from typing import NamedTuple

BLOCK = 512
# A PAX header of more bytes is tarfile's; a damaged one may claim gigabytes.
_LARGEST_EXTENDED = 1 << 20
_PIECE = 1 << 20


class Member(NamedTuple):
    """A regular file inside a tar: its content is ``size`` bytes from ``offset`` on."""

    name: str
    offset: int
    size: int


class _NeedsTarfile(Exception):
    """The tar uses something that only tarfile understands."""


def tar_members(path: str | os.PathLike[str]) -> list[Member]:
    """List the regular files of an uncompressed tar, in the order of their contents.

    Raises:
        ValueError: The file is not a tar, ends within a member, or holds more members than its
            list leads to.
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
    """Read the name in a 512-byte header; one longer than 255 bytes is cut."""
    name = _text(header[:100])
    # GNU's dialect uses the prefix field for something else.
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _read_headers(path: str | os.PathLike[str]) -> tuple[list[Member], int]:
    """The members, and where the tar ends."""
    descriptor = os.open(path, os.O_RDONLY)
    members: list[Member] = []
    try:
        return members, _headers(descriptor, members)
    finally:
        os.close(descriptor)


def _headers(descriptor: int, members: list[Member]) -> int:
    offset = 0
    overrides: dict[str, str] = {}
    while header := os.pread(descriptor, BLOCK, offset):
        if header.count(0) == BLOCK:
            break
        if len(header) < BLOCK or header[257:262] != b"ustar":
            raise _NeedsTarfile
        size = _number(header[124:136])
        offset += BLOCK
        kind = header[156:157]
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
    return offset


def _extended(content: bytes) -> dict[str, str]:
    """Parse a PAX header's records, ``length key=value`` each; webdataset writes one a member."""
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
    members = []
    try:
        with tarfile.open(path, "r:") as archive:
            for info in archive:
                if info.isreg() and not info.issparse():
                    members.append(Member(info.name, info.offset_data, info.size))
                archive.members = []  # type: ignore[attr-defined]  # tarfile keeps all of them.
            return members, archive.offset  # type: ignore[attr-defined]  # Of the end mark.
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{path} is not a readable, uncompressed tar ({error}). Download it again, or unpack "
            "it if it is compressed"
        ) from error


def _header_follows(path: str | os.PathLike[str], offset: int) -> bool:
    """Whether there is a header from an offset on, which is a multiple of the block size."""
    with open(path, "rb", buffering=0) as file:
        file.seek(offset)
        while piece := file.read(_PIECE):
            blocks = range(257, len(piece), BLOCK)
            # A header's magic stands at its byte 257.
            if b"ustar" in piece and any(piece.startswith(b"ustar", at) for at in blocks):
                return True
    return False
