import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.files.storage import read_bytes
from iclip.files.stored_file import FileState, LocalFile


def test_any_place_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(range(100)))
    file = LocalFile(str(tmp_path / "a"))
    assert file.size == 100
    assert file.read_at(40, 3) == bytes((40, 41, 42))
    assert file.read_at(0, 100) == bytes(range(100))
    assert file.read_at(7, 0) == b""
    file.close()


def test_short_reads_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux returns 2 GiB at most; here, 7 bytes."""
    (tmp_path / "a").write_bytes(bytes(range(100)))
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda d, length, at: pread(d, min(length, 7), at))
    assert LocalFile(str(tmp_path / "a")).read_at(5, 50) == bytes(range(5, 55))


def test_file_that_shrank_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"0123456789")
    with pytest.raises(OSError, match=r"a\.tar has 10 bytes, but at least 12 are expected: it cha"):
        LocalFile(str(tmp_path / "a.tar")).read_at(8, 4)


def test_state_is_that_of_the_open_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    os.utime(path, ns=(7, 1234567890123456789))
    file = LocalFile(str(path))
    assert file.state == FileState(10, "1234567890123456789")
    path.unlink()
    assert file.state.size == 10


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_not_a_file_is_refused_at_once(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    """The reader of a pipe waits for a writer, and a device may never end."""
    make(tmp_path / "x.jpg")
    for read in (lambda path: LocalFile(str(path)), read_bytes):
        with pytest.raises(OSError, match=r"Is a directory|neither a file nor a folder"):
            read(tmp_path / "x.jpg")


def test_closed_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0")
    file = LocalFile(str(tmp_path / "a"))
    file.close()
    with pytest.raises(OSError):
        file.read_at(0, 1)


def test_file_closes_with_its_last_user(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0")
    before = len(os.listdir("/proc/self/fd"))
    file = LocalFile(str(tmp_path / "a"))
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del file
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_transient_error_is_overcome(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pauses: None
) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    file = LocalFile(str(tmp_path / "a"))
    pread, failures = os.pread, [number, number]

    def failing(descriptor: int, length: int, at: int) -> bytes:
        if failures:
            raise OSError(failures.pop(), "passes")
        return pread(descriptor, length, at)

    monkeypatch.setattr(os, "pread", failing)
    assert file.read_at(2, 3) == b"234"


def test_stale_file_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pauses: None
) -> None:
    """Here, the new file of the name has other content."""
    (tmp_path / "a").write_bytes(b"before")
    file = LocalFile(str(tmp_path / "a"))
    (tmp_path / "new").write_bytes(b"after!")
    (tmp_path / "new").replace(tmp_path / "a")
    pread, failures = os.pread, [errno.ESTALE]

    def stale(descriptor: int, length: int, at: int) -> bytes:
        if failures:
            raise OSError(failures.pop(), "Stale file handle")
        return pread(descriptor, length, at)

    monkeypatch.setattr(os, "pread", stale)
    assert file.read_at(0, 6) == b"after!"


def test_system_is_told_what_will_and_will_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    announced: list[tuple[int, ...]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda *arguments: announced.append(arguments[1:]))
    file = LocalFile(str(tmp_path / "x"))
    file.read_ahead()
    file.forget(0, 2)
    assert announced == [(0, 0, os.POSIX_FADV_SEQUENTIAL), (0, 2, os.POSIX_FADV_DONTNEED)]
    assert file.read_at(0, 3) == b"abc"
    monkeypatch.delattr(os, "posix_fadvise")
    file.read_ahead()  # where the system cannot be told, nothing happens
    file.forget(0, 2)
