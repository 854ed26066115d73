"""Lists of images and label maps."""

from pathlib import Path

import pytest

from iclip.datasets.readers.label_map_list import (
    ListedMap,
    format_label_map_list,
    read_label_map_list,
)

ODD = [
    "a b.jpg",
    'quote".jpg',
    "line\nend.jpg",
    "Straße.jpg",
    "not utf-8 \udce9.jpg",
    " blanks ",
]


def test_any_name_is_read_back(tmp_path: Path):
    entries = [ListedMap(f"/images/{name}", f"maps/{name}") for name in ODD]
    (tmp_path / "l.jsonl").write_text(format_label_map_list(entries))
    assert read_label_map_list(tmp_path / "l.jsonl") == [
        ListedMap(f"/images/{name}", f"{tmp_path}/maps/{name}") for name in ODD
    ]


def test_blank_lines_and_windows_files_are_read(tmp_path: Path):
    text = '{"image": "a", "label_map": "b"}\r\n\r\n'
    (tmp_path / "l.jsonl").write_bytes(text.encode("utf-16"))
    assert read_label_map_list(tmp_path / "l.jsonl") == [
        ListedMap(f"{tmp_path}/a", f"{tmp_path}/b")
    ]


@pytest.mark.parametrize(
    "line", ["a b", "[]", "3", "{}", '{"image": 1, "label_map": "b"}', '{"image": "a"}', "[" * 9999]
)
def test_line_that_is_not_an_entry_is_named(line: str, tmp_path: Path):
    (tmp_path / "l.jsonl").write_text(f'{{"image": "a", "label_map": "b"}}\n{line}\n')
    with pytest.raises(ValueError, match=r"l\.jsonl, line 2: .* is not an object with the texts"):
        read_label_map_list(tmp_path / "l.jsonl")
