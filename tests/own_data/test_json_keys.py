import os
from pathlib import Path

import pytest

from iclip.own_data.json_keys import has_keys


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_keys_are_found_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    text = '{"images": [], "bbox": 1}'
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "a.json").write_text(mark + text, encoding=encoding)
    assert has_keys(tmp_path / "a.json", ["bbox", "images"])
    assert not has_keys(tmp_path / "a.json", ["bbox", "image"])


def test_what_cannot_be_read_has_no_keys(tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("empty.json", "pipe.json", "absent.json", "."):
        assert not has_keys(tmp_path / name, ["bbox"])
