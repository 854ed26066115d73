"""Tars and the indices that are kept of them."""

import io
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_table import ShardTable
from iclip.datasets.readers.tar_index import (
    RECORD,
    TarIndex,
    build_tar_index,
    load_tar_index,
    save_tar_index,
)
from iclip.datasets.readers.tar_members import tar_members
from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target, read_or_refuse

PAIRS = SampleNames("txt")


def tar_of(format: int, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size, info.mtime = len(content), 1.5 if format == tarfile.PAX_FORMAT else 1
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tars() -> list[bytes]:
    members = {"a_jpg": b"image" * 200, "a_txt": b"text", "b_jpg": b"", "n" * 150 + "_txt": b"x"}
    formats = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
    few = {name: members[name] for name in ("a_jpg", "a_txt")}
    return [tar_of(format, **(few if format == formats[0] else members)) for format in formats]


def list_members(content: bytes, folder: Path) -> None:
    """Members are those that Python's tarfile lists, or the tar is refused."""
    path = folder / "a.tar"
    path.write_bytes(content)
    ours = read_or_refuse(lambda: tar_members(path))
    if ours is None:
        return
    assert all(member.offset + member.size <= len(content) for member in ours)
    try:
        with tarfile.open(path, "r:") as tar:
            theirs = [(m.name, m.offset_data, m.size) for m in tar if m.isreg()]
    except (tarfile.TarError, ValueError, OverflowError):
        return  # tarfile checks sums that the hub leaves unread
    assert theirs == [tuple(member) for member in ours][: len(theirs)]


def index_members(content: bytes, folder: Path) -> None:
    path = folder / "a.tar"
    path.write_bytes(content)
    index = read_or_refuse(lambda: build_tar_index(str(path), PAIRS))
    for record in index.records if index is not None else ():
        for block, size in ((record[0], record[1]), (record[2], record[3])):
            assert int(block) * 512 + int(size) <= len(content)


@cache
def kept_index() -> bytes:
    """The file of an index."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.idx.npz"
        save_tar_index(path, TarIndex(np.ones(2, RECORD), ("c.jpg",)), "state")
        return path.read_bytes()


def read_kept_index(content: bytes, folder: Path) -> None:
    """A damaged index is none."""
    path = folder / "a.idx.npz"
    path.write_bytes(content)
    index = load_tar_index(path, "state")
    assert index is None or index.records.dtype == RECORD


def joint(change: Callable[[bytes], bytes], folder: Path) -> None:
    """Samples come from the tar alone, whatever the joint index says."""
    shard = folder / "joint.tar"
    if not shard.exists():
        shard.write_bytes(tars()[0])
        ShardTable([str(shard)], PAIRS)
    (path,) = folder.glob("shards-*.idx")
    whole = path.read_bytes()
    try:
        path.write_bytes(change(whole))
        table = read_or_refuse(lambda: ShardTable([str(shard)], PAIRS))
        for number in range(min(len(table), 3) if table is not None else 0):
            read_or_refuse(lambda number=number: table.read_pair(number))
    finally:
        path.write_bytes(whole)


@st.composite
def changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A function that changes bytes behind the state, which is a checksum of something else."""
    place, put = draw(st.integers(0, 400)), draw(st.binary(min_size=1, max_size=8))
    cut = draw(st.one_of(st.none(), st.integers(0, 300)))
    return lambda whole: (whole[:place] + put + whole[place + len(put) :])[:cut]


TAR_TARGETS = (
    Target("tars", mutated(tars()), list_members),
    Target("shards", mutated(tars()), index_members),
    Target("indices", st.deferred(lambda: mutated([kept_index()])), read_kept_index),
    Target("joint-indices", changes(), joint),
)
