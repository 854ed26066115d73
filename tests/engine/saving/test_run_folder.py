"""A checkpoint that could not be written, or reads back otherwise, costs none before it."""

import errno
import io
import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.checkpoints import load_checkpoint
from iclip.engine.saving import run_folder
from iclip.engine.saving.checkpoint_files import last_good_checkpoint
from iclip.engine.saving.run_folder import RunFolder
from iclip.files import atomic

Usage = namedtuple("Usage", "total used free")


def content(iteration: int, finite: bool = True) -> dict[str, Any]:
    weights = torch.full((50,), float(iteration))
    return {"state_dict": {"a": weights}, "meta": {"iter": iteration, "finite": finite}}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A folder that keeps one checkpoint, with that of iteration 4."""
    made = RunFolder(tmp_path, keep=1)
    made.save(content(4), "iter_4.pth")
    return made


def names(folder: RunFolder) -> list[str]:
    return sorted(file.name for file in folder.path.iterdir())


def test_new_one_takes_the_place_of_the_old(folder: RunFolder):
    folder.save(content(8), "iter_8.pth")
    assert names(folder) == ["iter_8.pth", "last_checkpoint", "latest.pth"]
    assert os.readlink(folder.path / "latest.pth") == "iter_8.pth"
    assert (folder.path / "last_checkpoint").read_text() == str(folder.path / "iter_8.pth")
    assert load_checkpoint(folder.path / "latest.pth")["meta"]["iter"] == 8


def test_weights_that_are_not_finite_do_not_cost_the_good_ones(folder: RunFolder):
    for iteration in (8, 12, 16):
        folder.save(content(iteration, finite=False), f"iter_{iteration}.pth")
    assert names(folder) == ["iter_16.pth", "iter_4.pth", "last_checkpoint", "latest.pth"]
    assert last_good_checkpoint(folder.path) == folder.path / "iter_4.pth"


class FullDisk(io.FileIO):
    """A file for which the disk has room for some bytes only."""

    room = 0

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > FullDisk.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize("share", [0, 0.2, 0.4, 0.6, 0.8, 0.999])
def test_full_disk_keeps_the_one_before(
    share: float, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
):
    size = (folder.path / "iter_4.pth").stat().st_size
    monkeypatch.setattr(FullDisk, "room", int(share * size))
    monkeypatch.setattr(atomic, "open", FullDisk, raising=False)
    with pytest.raises(OSError) as error:
        folder.save(content(8), "iter_8.pth")
    monkeypatch.undo()
    message = error.value.strerror
    assert message.startswith(f"{folder.path}/iter_8.pth could not be written: No space left")
    assert "latest.pth is still iter_4.pth: make room and continue from it with --resume" in message
    assert names(folder) == ["iter_4.pth", "last_checkpoint", "latest.pth"]
    assert last_good_checkpoint(folder.path) == folder.path / "latest.pth"


def test_read_only_folder_keeps_the_one_before(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(atomic, "open", refuse, raising=False)
    with pytest.raises(
        OSError, match=r"iter_8\.pth could not be written: Read-only.*is still iter"
    ):
        folder.save(content(8), "iter_8.pth")


def test_disk_that_changes_what_is_written_does_not_get_the_name(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
):
    def save_and_flip(held: Any, file: Any) -> None:
        torch.save(held, file)
        file.seek(file.tell() // 2)
        file.write(b"\x55")

    monkeypatch.setattr(run_folder, "_save", save_and_flip)
    with pytest.raises(OSError, match=r"iter_8\.pth reads back otherwise than it was written \("):
        folder.save(content(8), "iter_8.pth")
    assert names(folder) == ["iter_4.pth", "last_checkpoint", "latest.pth"]


def test_error_that_is_not_of_the_disk_stays_as_it_is(folder: RunFolder):
    with pytest.raises(Exception, match="pickle"):
        folder.save({"meta": {"finite": True, "call": lambda: None}}, "iter_8.pth")
    assert names(folder) == ["iter_4.pth", "last_checkpoint", "latest.pth"]


def test_first_checkpoint_that_fails_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FullDisk, "room", 0)
    monkeypatch.setattr(atomic, "open", FullDisk, raising=False)
    with pytest.raises(OSError, match="No checkpoint was saved before"):
        RunFolder(tmp_path, keep=1).save(content(4), "iter_4.pth")


def test_room_is_looked_for(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 5_000_000))
    folder.check_room(5_000_000)
    said = r"no room .*: 6\.0 MB wanted, 5\.0 MB free\. .*latest\.pth is still iter_4\.pth"
    with pytest.raises(OSError, match=said) as error:
        folder.check_room(6_000_000)
    assert error.value.errno == errno.ENOSPC


def test_folder_that_is_gone_is_not_made_anew(folder: RunFolder):
    shutil.rmtree(folder.path)
    with pytest.raises(OSError, match=r"the folder .* is gone: no checkpoint can be saved"):
        folder.check_room(1)
    assert not folder.path.exists()
