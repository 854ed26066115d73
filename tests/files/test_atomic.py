import errno
import os
from pathlib import Path

import pytest

from iclip.files import atomic
from iclip.files.atomic import (
    open_atomically,
    remove_temporary_files,
    replace_symlink,
    write_atomically,
)


def test_new_content_takes_the_place_of_the_old(tmp_path: Path):
    for content in (b"old", b"new"):
        write_atomically(tmp_path / "sub" / "file", content)
    assert (tmp_path / "sub" / "file").read_bytes() == b"new"
    assert os.listdir(tmp_path / "sub") == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_leaves_the_old_content_and_no_rest(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_atomically(tmp_path / "file", b"old")
    monkeypatch.setattr(atomic.os, call, full)
    said = r"file could not be written: No space left on device \(3\.0 MB wanted, .* MB free\)"
    with pytest.raises(OSError, match=said) as error:
        write_atomically(tmp_path / "file", bytes(3_000_000))
    assert error.value.errno == errno.ENOSPC
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_file_appears_when_the_block_ends(tmp_path: Path):
    path = tmp_path / "new folder" / "file"
    with open_atomically(path) as file:
        file.write(b"content")
        assert not path.exists()
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


def test_old_file_survives_an_error_in_the_block(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    message = f"{path} could not be written: No space left on device"
    with pytest.raises(OSError, match=message), open_atomically(path) as file:
        file.write(b"half of the n")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_error_of_a_file_that_the_block_reads_names_that_file(tmp_path: Path):
    absent = tmp_path / "absent"
    message = rf"directory: '{absent}'$"
    with pytest.raises(OSError, match=message), open_atomically(tmp_path / "file"):
        absent.read_bytes()


def test_text_is_written_in_utf_8(tmp_path: Path):
    write_atomically(tmp_path / "file", "é 猫")
    assert (tmp_path / "file").read_bytes() == "é 猫".encode()


def test_content_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            atomic.os, name, lambda *a, real=real, name=name: (calls.append(name), real(*a))
        )
    write_atomically(tmp_path / "file", b"content")
    assert calls == ["fsync", "replace", "fsync"]  # the file, its name, the folder


def test_link_is_relative_and_can_be_moved(tmp_path: Path):
    run, moved = tmp_path / "run", tmp_path / "moved"
    run.mkdir()
    for name in ("iter_1.pth", "iter_2.pth"):
        (run / name).write_text(name)
        replace_symlink(run / "latest.pth", run / name)
    run.rename(moved)
    assert (moved / "latest.pth").is_symlink()
    assert (moved / "latest.pth").read_text() == "iter_2.pth"


def test_without_links_the_fixed_name_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def impossible(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(atomic.os, "symlink", impossible)
    (tmp_path / "iter_1.pth").write_text("content")
    replace_symlink(tmp_path / "latest.pth", tmp_path / "iter_1.pth")
    (tmp_path / "iter_1.pth").unlink()
    assert (tmp_path / "latest.pth").read_text() == "content"


def test_only_half_written_files_are_removed(tmp_path: Path):
    # The middle one's name is an older version's.
    half_written = ["iter_2.pth.tmp", "iter_3.pth.0f1e.tmp"]
    for name in ("iter_1.pth", *half_written, "notes.tmp"):
        (tmp_path / name).touch()
    assert [file.name for file in remove_temporary_files(tmp_path, "*.pth")] == half_written
    assert sorted(os.listdir(tmp_path)) == ["iter_1.pth", "notes.tmp"]


def test_all_half_written_files_of_a_folder_are_removed(tmp_path: Path):
    for name in ("a.json.0f1e.tmp", "a.json"):
        (tmp_path / name).touch()
    assert [file.name for file in remove_temporary_files(tmp_path)] == ["a.json.0f1e.tmp"]
    assert os.listdir(tmp_path) == ["a.json"]
