import os
from pathlib import Path

import pytest

from iclip.own_data.coco import json_keys
from iclip.own_data.coco.json_keys import keys_in

KEYS = frozenset(("bbox", "images", "image"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_keys_are_found_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "a.json").write_text(mark + '{"images": [], "bbox": 1}', encoding=encoding)
    assert keys_in(tmp_path / "a.json", KEYS) == {"bbox", "images"}


@pytest.mark.parametrize("start", range(20))
def test_a_key_is_found_across_chunks(
    start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_keys, "_CHUNK_BYTES", 11)
    file = tmp_path / f"{start}.json"
    file.write_text("{" + " " * start + '"images": []}')
    assert keys_in(file, KEYS) == {"images"}


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    for text, keys in (('{"bbox": 1}', {"bbox"}), ('{"images": []}', {"images"})):
        file.write_text(text)
        assert keys_in(file, KEYS) == keys


def test_what_cannot_be_read_has_no_keys(tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("empty.json", "pipe.json", "absent.json", "."):
        assert not keys_in(tmp_path / name, KEYS)
