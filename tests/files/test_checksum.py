import hashlib
from pathlib import Path

import pytest

from iclip.files import checksum
from iclip.files.checksum import file_sha256


def test_digest_is_the_standards_example(tmp_path: Path):
    """FIPS 180-4, of the three letters abc."""
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_sha256(tmp_path / "a") == expected


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 17])
def test_blocks_change_nothing(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checksum, "_BLOCK", 8)
    (tmp_path / "a").write_bytes(bytes(range(size)))
    assert file_sha256(tmp_path / "a") == hashlib.sha256(bytes(range(size))).hexdigest()


def test_file_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        file_sha256(tmp_path / "absent")
