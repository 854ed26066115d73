import errno
from pathlib import Path

import pytest

from iclip.datasets.whole_file import whole_file


def test_file_appears_when_complete(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file"
    with whole_file(path) as file:
        file.write(b"content")
        assert not path.exists()
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


def test_old_file_survives_a_failed_write(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    message = rf"No space left on device: '{path}'"
    with pytest.raises(OSError, match=message), whole_file(path) as file:
        file.write(b"half of the n")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
