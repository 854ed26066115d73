"""Where each file inside a tar lies.

Python's tarfile takes 25 to 60 microseconds per member: a day for the 40,000 shards of LAION-400M.
This module parses what img2dataset, webdataset and GNU tar write in a fraction of that time, and
leaves the rest to tarfile.
"""

import os
import tarfile
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

# Bytes of a header; contents are padded to a multiple of it.
BLOCK = 512
# The fields of POSIX's ustar that are read. numpy takes the zero bytes off the end of each.
_HEADER = np.dtype(
    {
        "names": ["name", "size", "type", "magic", "prefix"],
        "formats": ["S100", "S12", "S1", "S5", "S1"],  # of the prefix, the first byte
        "offsets": [0, 124, 156, 257, 345],
        "itemsize": BLOCK,
    }
)
# Bytes that are read at a time. 60,000 headers, each in a read of its own, take a cold disk longer
# than the whole shard; larger pieces took more time to copy.
_PIECE = 1 << 20
# (size, offset) -> bytes, fewer where the file ends.
ReadAt = Callable[[int, int], bytes]
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
    with open(path, "rb", buffering=0) as file:
        _announce_sequential_reads(file.fileno())
        return _parse_headers(partial(os.pread, file.fileno()))


def _parse_headers(read_at: ReadAt) -> tuple[list[Member], int]:
    members: list[Member] = []
    offset = 0
    # What a PAX header says of the next member, in place of fields that are too short.
    overrides: dict[str, str] = {}
    # Each piece begins with a header. What a large member holds beyond its piece is not read.
    while piece := _read_piece(read_at, offset):
        rows, block, blocks = _rows(piece), 0, len(piece) // BLOCK
        while block < blocks:
            row = rows.get(block)
            if row is None:
                if piece.count(0, block * BLOCK, (block + 1) * BLOCK) == BLOCK:  # the end mark
                    return members, offset + block * BLOCK
                raise _NeedsTarfile
            name, size, kind = row
            if size < 0:  # Sizes of 8 GiB and more are written in base 256.
                raise _NeedsTarfile
            content = block + 1
            end = content - (-size // BLOCK)
            # Types: x is a PAX header for the next member, 0 or none a regular file, 5 a folder.
            if kind == b"x" and size <= _LARGEST_EXTENDED:
                if end > blocks:
                    break  # Its content is in the next piece.
                start = content * BLOCK
                # webdataset writes one record per member, which is not needed.
                if not piece.startswith(b"%d mtime=" % size, start):
                    overrides = _extended(piece[start : start + size])
            elif kind in b"0":
                if "size" in overrides:
                    size = _decimal(overrides["size"])
                    end = content - (-size // BLOCK)
                path = overrides.get("path") or _text(name)
                members.append(Member(path, offset + content * BLOCK, size))
                overrides = {}
            elif kind == b"5":
                overrides = {}
            else:
                raise _NeedsTarfile
            block = end
        if block == 0:  # The tar ends within its first header, or what belongs to it is too large.
            raise _NeedsTarfile
        offset += block * BLOCK
    return members, offset


def _read_piece(read_at: ReadAt, offset: int) -> bytes:
    """Read a piece from an offset on; a shorter one at the end of the file."""
    piece = read_at(_PIECE, offset)
    # A system may return less than was asked for.
    while 0 < len(piece) < _PIECE and (more := read_at(_PIECE - len(piece), offset + len(piece))):
        piece += more
    return piece


def _rows(piece: bytes) -> dict[int, tuple[bytes, int, bytes]]:
    """Return name, size and type of the blocks that may be headers, by their numbers.

    Blocks of contents that look like headers are among them; the chain of headers passes over them.
    """
    headers = np.frombuffer(piece, _HEADER, len(piece) // BLOCK)
    places = np.flatnonzero(headers["magic"] == b"ustar")
    names = headers["name"][places].tolist()
    for row in np.flatnonzero(headers["prefix"][places] != b"").tolist():
        start = int(places[row]) * BLOCK
        names[row] = member_name(piece[start : start + BLOCK]).encode("utf-8", "surrogateescape")
    sizes = list(map(_size, headers["size"][places].tolist()))
    kinds = headers["type"][places].tolist()
    return dict(zip(places.tolist(), zip(names, sizes, kinds, strict=True), strict=True))


def _announce_sequential_reads(descriptor: int) -> None:
    """Have the system read ahead, so that the disk works while headers are parsed."""
    if hasattr(os, "posix_fadvise"):  # not on macOS
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)


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


def _size(field: bytes) -> int:
    """Parse an octal number; -1 for another one, which only a real header must not have."""
    try:
        return int(field.rstrip(b"\0 ") or b"0", 8)
    except ValueError:
        return -1


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
