"""Annotation files are read once per process, and anew when they change."""

import json
import os
from pathlib import Path

import pytest

from iclip.files.annotations import (
    read_annotations,
    read_json,
    release_annotations,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.json"
    path.write_text('{"images": [1]}')
    return path


def test_second_reader_gets_the_same_objects(file: Path, tmp_path: Path):
    first = read_annotations(file)
    (tmp_path / "link.json").symlink_to(file)
    assert read_annotations(str(tmp_path / "link.json")) is first
    release_annotations()
    again = read_annotations(file)
    assert again == first
    assert again is not first


def test_file_that_was_written_anew_is_read_anew(file: Path):
    assert read_annotations(file) == {"images": [1]}
    file.write_text('{"images": [2]}')
    os.utime(file, ns=(1, 1))
    assert read_annotations(file) == {"images": [2]}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_recognised(file: Path, encoding: str):
    file.write_text(json.dumps({"name": "Bär"}, ensure_ascii=False), encoding=encoding)
    assert read_annotations(file) == {"name": "Bär"}


def test_json_is_read_anew_each_time(file: Path):
    assert read_json(file) == read_annotations(file)
    assert read_json(file) is not read_json(file)


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"no annotation file .*absent\.json"):
        read_annotations(tmp_path / "absent.json")


@pytest.mark.parametrize("content", ["{", "[" * 100_000])
def test_file_that_is_not_json_is_named(file: Path, content: str):
    file.write_text(content)
    with pytest.raises(ValueError, match=r"a\.json is not a JSON file: (Expecting|maximum rec)"):
        read_annotations(file)
