"""Read files of ``torch.save`` and of ``pickle.dump`` without running their code.

There are three formats: torch's zip archive, the stream of pickles that torch wrote before 1.6, and
a plain pickle, as in detectron2's model zoo. Numbers stay in the file until a tensor is loaded, so
an optimizer's state is never read.
"""

import errno
import io
import mmap
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from iclip.checkpoints.inert_pickle import (
    Builder,
    ForbiddenName,
    InertPickle,
    Name,
    Opaque,
)
from iclip.checkpoints.stored_tensors import BUILDERS, DTYPES, Storage

# The first object in torch's older format (``torch.serialization.MAGIC_NUMBER``).
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
ZIP_START = b"PK\x03\x04"
# The function that ``pickle.dump`` names for a tensor's storage.
_NESTED = "torch.storage._load_from_bytes"
# In the older format, each storage begins with its number of entries, a little-endian int64.
_LENGTH = struct.Struct("<q")


def read_inert(path: Path) -> object:
    """Read a file's content; its tensors and arrays have a method ``load``.

    Raises:
        ForbiddenName: The file names a function that runs code.
        ValueError: It is damaged, or in none of the three formats.
        OSError: The system cannot read it.
    """
    try:
        if is_archive(path):
            return _read_archive(path)
        with path.open("rb") as file:
            # A memory map returns no more bytes than the file has, whatever length a pickle claims.
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return _read_stream(content, content, {**BUILDERS, _NESTED: _nested})
    except (ForbiddenName, OSError, MemoryError):
        raise
    except Exception as error:
        # A truncated or foreign file raises any kind of error.
        raise ValueError(str(error).strip().partition("\n")[0] or type(error).__name__) from error


def is_archive(path: Path) -> bool:
    """Whether a file begins as torch's zip archive does."""
    with path.open("rb") as file:
        return file.read(len(ZIP_START)) == ZIP_START


def _read_archive(path: Path) -> object:
    """Read torch's zip archive: a pickle, and one member per storage."""
    archive = zipfile.ZipFile(path)  # stays open for the storages
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ValueError("it is a zip archive, but not one that torch.save writes")
    root = pickles[0].removesuffix("data.pkl")
    if f"{root}constants.pkl" in archive.namelist():
        raise ValueError(
            "it is a TorchScript archive, a program with its weights. If you trust it, load it "
            "with torch.jit.load and save its state_dict() with torch.save"
        )
    if f"{root}byteorder" in archive.namelist():
        _check_byte_order(_member(archive, f"{root}byteorder") == b"little")
    content = io.BytesIO(_member(archive, pickles[0]))
    storages = _storages(
        lambda key: lambda: _member(archive, f"{root}data/{key}"), path.stat().st_size
    )
    return InertPickle(BUILDERS, storages).read(content)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a member. A compressed one is refused, since it could grow beyond the memory."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"its member {name} is compressed, which torch.save does not do")
    try:
        return archive.read(name)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise ValueError("its directory points outside the file") from error
        raise


def _read_stream(
    file: mmap.mmap | io.BytesIO, content: mmap.mmap | bytes, builders: Mapping[str, Builder]
) -> object:
    """Read a plain pickle, or torch's older format: five pickles and then the storages.

    Args:
        file: The bytes, at their start.
        content: The same bytes, for slices.
        builders: As for :class:`~iclip.checkpoints.inert_pickle.InertPickle`.
    """
    known: dict[str, Storage] = {}  # by key
    places: dict[str, int] = {}  # where each begins in the file, in bytes

    def read(key: str) -> bytes:
        start = places[key] + _LENGTH.size
        (numel,) = _LENGTH.unpack(content[places[key] : start])
        if numel != known[key].numel:
            raise ValueError(f"a storage holds {numel:,} numbers, not {known[key].numel:,}")
        return content[start : start + numel * known[key].dtype.itemsize]

    storages = _storages(lambda key: lambda: read(key), len(content), known)
    reader = InertPickle(builders, storages)
    result = reader.read(file)
    if result != LEGACY_MAGIC:  # a plain pickle
        return result
    reader.read(file)  # the format's version
    machine = reader.read(file)
    _check_byte_order(isinstance(machine, dict) and machine.get("little_endian") is True)
    result = reader.read(file)
    keys = reader.read(file)
    for key in keys if isinstance(keys, list) else []:
        if key not in known:
            raise ValueError("it holds storages of a type that is not read")
        # The storages follow each other; they are skipped here and read when they are needed.
        places[key] = file.tell()
        file.seek(_LENGTH.size + known[key].numel * known[key].dtype.itemsize, io.SEEK_CUR)
    return result


def _check_byte_order(little_endian: bool) -> None:
    """Raise ValueError for a file of a big-endian machine."""
    if not little_endian:
        raise ValueError("its numbers are in the byte order of another kind of machine")


def _nested(content: object, *_: object) -> object:
    """Read a tensor that ``pickle.dump`` stored: the bytes of a file in torch's older format."""
    if not isinstance(content, bytes):
        return Opaque(_NESTED)
    return _read_stream(io.BytesIO(content), content, BUILDERS)


def _storages(
    reader_of: Callable[[str], Callable[[], bytes]],
    size: int,
    known: dict[str, Storage] | None = None,
) -> Callable[[object], object]:
    """Return a function that maps a persistent id to its storage.

    Args:
        reader_of: Returns, for a storage's key, a function that reads its bytes.
        size: Size of the file, in bytes.
        known: Receives the storages by key, if given.
    """
    known = {} if known is None else known

    def find(key: object) -> object:
        # torch's ids: 'storage', class, key, device, number of entries; in older files also the
        # storage of which this one is a part, or None.
        if not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage":
            return Opaque("persistent id")
        kind, name, numel = key[1], str(key[2]), key[4]
        dtype = DTYPES.get(kind.attribute) if isinstance(kind, Name) else None
        if dtype is None or (len(key) > 5 and key[5] is not None):
            return Opaque(str(kind))
        if type(numel) is not int or numel < 0:
            raise ValueError("a storage's size is not a size")
        if numel * dtype.itemsize > size:
            raise ValueError("a storage is larger than the file")
        storage = known.setdefault(name, Storage(dtype, numel, reader_of(name)))
        if (storage.dtype, storage.numel) != (dtype, numel):
            raise ValueError("a storage is described in two ways")
        return storage

    return find
