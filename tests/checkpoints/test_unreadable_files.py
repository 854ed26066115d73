"""A message on a checkpoint that cannot be read tells damage from a mismatch of versions."""

import zipfile
from collections import deque
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip import __version__
from iclip.checkpoints import load_checkpoint


def save(file: Path, **more: Any) -> Path:
    meta = {"iclip_version": "9.0.0", "versions": {"torch": "8.1.0"}}
    torch.save({"state_dict": {"a": torch.ones(2)}, "meta": meta, **more}, file)
    return file


def of_a_newer_torch(file: Path) -> Path:
    """Rewrite an archive with a version of the format that no torch has yet."""
    newer = file.with_name("newer.pth")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(newer, "w") as copy:
        for name in source.namelist():
            content = b"99\n" if name.endswith("/version") else source.read(name)
            copy.writestr(name, content)
    return newer


def test_file_of_a_newer_torch_is_not_called_damaged(tmp_path: Path):
    with pytest.raises(ValueError) as error:
        load_checkpoint(of_a_newer_torch(save(tmp_path / "a.pth")))
    message = str(error.value)
    assert "newer.pth is not damaged, its checksums are right, but these versions" in message
    assert f"iclip 9.0.0 with torch 8.1.0 wrote it, here are iclip {__version__}" in message


def test_file_of_another_program_does_not_say_what_wrote_it(tmp_path: Path):
    torch.save([1], tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"not damaged.*It does not say what wrote it"):
        load_checkpoint(of_a_newer_torch(tmp_path / "a.pth"))


def test_type_that_a_newer_version_stores_is_refused_with_that_version(tmp_path: Path):
    save(tmp_path / "a.pth", more=deque([1]))
    with pytest.raises(ValueError, match=r"would run code of collections\.deque.*iclip 9\.0\.0 wi"):
        load_checkpoint(tmp_path / "a.pth")


@pytest.mark.parametrize("mmap", [False, True])
def test_damaged_file_is_called_damaged(mmap: bool, tmp_path: Path):
    save(tmp_path / "a.pth", numbers=torch.ones(1000))
    content = bytearray((tmp_path / "a.pth").read_bytes())
    content[content.index(b"state_dict") + 3] ^= 0x80  # not UTF-8 any more
    (tmp_path / "a.pth").write_bytes(content)
    said = r"damaged \([\d,]+ bytes\): the checksum of a/data\.pkl is wrong\. Use an earlier"
    with pytest.raises(ValueError, match=said):
        load_checkpoint(tmp_path / "a.pth", mmap=mmap)
