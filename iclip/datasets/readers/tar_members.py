"""Where each file inside a tar lies.

Python's tarfile takes 25 to 60 microseconds per member: a day for the 40,000 shards of LAION-400M.
This module parses what img2dataset, webdataset and GNU tar write in a fraction of that time, and
leaves the rest to tarfile.
"""

import io
import os
import tarfile
from typing import Any, NamedTuple

import numpy as np

from iclip.files.shard_cache import ShardCache
from iclip.files.storage import is_remote, open_at
from iclip.files.stored_file import LocalFile, StoredFile

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
# Bytes that are read at a time, multiples of BLOCK. 60,000 headers, each in a read of its own, take
# a cold disk longer than the whole shard. Larger pieces took more time to copy; of a remote file,
# each piece is a request.
_PIECE = 1 << 20
_REMOTE_PIECE = 16 << 20
# Bytes. A larger PAX header is left to tarfile; a damaged one may claim gigabytes.
_LARGEST_EXTENDED = 1 << 20


class Member(NamedTuple):
    """A regular file inside a tar; its content is ``size`` bytes from ``offset`` on."""

    name: str
    offset: int
    size: int


class _NeedsTarfile(Exception):
    """The tar uses something that is left to tarfile."""


def tar_members(
    path: str | os.PathLike[str],
    links: list[str] | None = None,
    cache: ShardCache | None = None,
) -> list[Member]:
    """List the regular files of an uncompressed tar, in the order of their contents.

    Args:
        path: The tar, a path or a URL.
        links: Receives the names of links, which have no content and are not followed: not even
            within the tar, since a circle of them has no end.
        cache: Where whole copies of remote files are kept; None: each piece is a request.

    Raises:
        ValueError: The file is not a tar, ends within a member, or holds members after a gap in
            the chain of headers.
        OSError: It cannot be read.
    """
    pieces = _Pieces(open_at(path, cache), _REMOTE_PIECE if is_remote(path) else _PIECE)
    if isinstance(pieces.file, LocalFile):
        pieces.file.read_ahead()
    try:
        try:
            members, end = _parse_headers(pieces)
        except _NeedsTarfile:
            members, end = _read_with_tarfile(pieces, [] if links is None else links)
        broken = next((m for m in members if m.offset + m.size > pieces.size), None)
        if broken:
            raise ValueError(
                f"{path} is truncated: its member {broken.name!r} needs "
                f"{broken.offset + broken.size} bytes, the file has {pieces.size}. Download it "
                "again"
            )
        # Python's tarfile takes a cut header for the end.
        rest = pieces.at(end)
        if 0 < len(rest) < BLOCK and any(rest):
            raise ValueError(
                f"{path} is truncated: it ends within a header, after {end + len(rest)} bytes. "
                "Download it again"
            )
        if _header_follows(pieces, end):
            raise ValueError(
                f"{path}: the list of its members breaks off at byte {end}, but more follow: it is "
                "damaged, or several tars in one file. Download it again, or keep each tar in a "
                "file of its own"
            )
    finally:
        pieces.file.close()
    return members


def member_name(header: bytes) -> str:
    """Read the name in a 512-byte header, which holds at most 255 bytes of it."""
    name = _text(header[:100])
    # GNU's format uses the prefix field for something else.
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


class _Pieces(io.RawIOBase):
    """A file in pieces, and as Python's file object for tarfile."""

    def __init__(self, file: StoredFile, length: int) -> None:
        self.file, self.length, self.size = file, length, file.size
        self._position = 0

    def at(self, offset: int) -> bytes:
        """Read the piece from an offset on; a shorter one at the end of the file."""
        length = max(0, min(self.length, self.size - offset))
        piece = self.file.read_at(offset, length)
        if isinstance(self.file, LocalFile):
            self.file.forget(offset, length)
        return piece

    def seekable(self) -> bool:
        """Whether it can be read at any place: yes."""
        return True

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position of the next read."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read from the position on, and move it."""
        length = max(0, min(len(buffer), self.size - self._position))
        buffer[:length] = self.file.read_at(self._position, length)
        self._position += length
        return length


def _parse_headers(pieces: _Pieces) -> tuple[list[Member], int]:
    """Return the members, and the offset at which the chain of headers ends."""
    members: list[Member] = []
    # What a PAX header says of the next member, in place of fields that are too short.
    overrides: dict[str, str] = {}
    header = start = 0
    while header < pieces.size:
        piece = pieces.at(start)
        rows, blocks = _rows(piece), len(piece) // BLOCK
        block = first = (header - start) // BLOCK
        while block < blocks:
            row = rows.get(block)
            if row is None:
                if piece.count(0, block * BLOCK, (block + 1) * BLOCK) == BLOCK:  # the end mark
                    return members, start + block * BLOCK
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
                overrides = _extended(piece, content * BLOCK, size)
            elif kind in b"0":
                if "size" in overrides:
                    size = _decimal(overrides["size"])
                    end = content - (-size // BLOCK)
                path = overrides.get("path") or _text(name)
                members.append(Member(path, start + content * BLOCK, size))
                overrides = {}
            elif kind == b"5":
                overrides = {}
            else:
                raise _NeedsTarfile
            block = end
        if block == first:  # The tar ends within a header, or what belongs to it is too large.
            raise _NeedsTarfile
        header = start + block * BLOCK
        start = _next_start(header, start + blocks * BLOCK, pieces.length)
    return members, header


def _next_start(header: int, read: int, length: int) -> int:
    """Choose where the next piece begins.

    Where the last one ended, since systems read ahead of reads without gaps; but at the header if
    it is in the last piece, or if there is more than a piece of content before it.

    Args:
        header: Offset of the next header.
        read: Where the last piece ended.
        length: Bytes per piece.
    """
    return read if read <= header < read + length else header


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


def _extended(piece: bytes, start: int, size: int) -> dict[str, str]:
    """Parse the records of a PAX header, ``length key=value``, in a piece."""
    # webdataset writes this one record per member, and the time is not needed.
    if piece.startswith(b"%d mtime=" % size, start):
        return {}
    content = piece[start : start + size]
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


def _read_with_tarfile(pieces: _Pieces, links: list[str]) -> tuple[list[Member], int]:
    """Do what `_parse_headers` does, for any tar and more slowly."""
    members = []
    try:
        buffered = io.BufferedReader(pieces, pieces.length)
        with tarfile.open(fileobj=buffered, mode="r:") as archive:
            for info in archive:
                if info.isreg() and not info.issparse():
                    members.append(Member(info.name, info.offset_data, info.size))
                elif info.issym() or info.islnk():
                    links.append(info.name)
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep them all.
            end = archive.offset  # type: ignore[attr-defined]  # of the end mark
        return members, end
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{pieces.file.path} is not a readable, uncompressed tar ({error}). Download it again, "
            "or unpack it if it is compressed"
        ) from error


def _header_follows(pieces: _Pieces, offset: int) -> bool:
    """Whether a header follows after an offset, which is a multiple of the block size."""
    while piece := pieces.at(offset):
        # The magic word is at byte 257 of a header.
        blocks = range(257, len(piece), BLOCK)
        if b"ustar" in piece and any(piece.startswith(b"ustar", at) for at in blocks):
            return True
        offset += len(piece)
    return False
