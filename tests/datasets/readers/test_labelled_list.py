import json
import os
from pathlib import Path

import pytest

from iclip.datasets.readers.labelled_list import (
    read_classes,
    read_labelled_list,
    write_labelled_list,
)

NAMES = [
    "a,b.jpg",
    'a "quoted" one.jpg',
    "two\nlines.jpg",
    "tab\there.jpg",
    "ärger 猫.png",
    " .jpg",
]


def test_any_file_name_comes_back(tmp_path: Path):
    not_utf8 = os.fsdecode(b"/data/\xff.jpg")
    images = [(f"/data/{name}", i % 2) for i, name in enumerate(NAMES)] + [(not_utf8, 1)]
    write_labelled_list(tmp_path / "list.jsonl", ["cat", "dog, or wolf"], images)
    assert list(read_labelled_list(tmp_path / "list.jsonl")) == images
    assert read_classes(tmp_path / "list.jsonl") == ("cat", "dog, or wolf")


def test_a_line_is_one_image_for_other_programs(tmp_path: Path):
    write_labelled_list(tmp_path / "list.jsonl", ["cat", "dog"], [("/a\nb.jpg", 1)])
    lines = (tmp_path / "list.jsonl").read_text(encoding="ascii").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"classes": ["cat", "dog"]}, {"file": "/a\nb.jpg", "class": "dog"},
    ]  # fmt: skip


def test_relative_files_lie_beside_the_list(tmp_path: Path):
    path = tmp_path / "list.jsonl"
    lines = [{"classes": ["cat"]}, {"file": "images/1.jpg", "class": "cat"}]
    # A byte order mark, Windows' line ends and a blank line, as editors leave them.
    path.write_text("\ufeff" + "\r\n".join(map(json.dumps, lines)) + "\r\n\r\n", newline="")
    assert list(read_labelled_list(path)) == [(str(tmp_path / "images/1.jpg"), 0)]


CLASSES = '{"classes": ["cat", "dog"]}'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1, does not name the classes: ''. The first line"),
        ('{"file": "a.jpg", "class": "cat"}', "line 1, does not name the classes"),
        ('{"classes": []}', "line 1, does not name the classes"),
        ('{"classes": ["cat", 7]}', "line 1, does not name the classes"),
        ('{"classes": ["cat", "cat"]}', "line 1, names classes more than once: cat"),
        (f"{CLASSES}\n\na.jpg,cat", "line 3, is not an image with its class: 'a.jpg,cat'"),
        (f'{CLASSES}\n{{"file": "a.jpg"}}', "line 2, is not an image with its class"),
        (f'{CLASSES}\n{{"file": "", "class": "cat"}}', "line 2, is not an image with its class"),
        (f'{CLASSES}\n{{"file": "a.jpg", "class": "cow"}}',
         "line 2: the class 'cow' is not among the 2 of the first line: cat, dog"),
    ],
)  # fmt: skip
def test_malformed_lines_are_named(content: str, told: str, tmp_path: Path):
    (tmp_path / "list.jsonl").write_text(content)
    with pytest.raises(ValueError, match=told):
        list(read_labelled_list(tmp_path / "list.jsonl"))
