"""Class lists in the forms of several tools, and their mistakes."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from iclip.own_data.masks.class_lists import find_class_list, read_class_list


def entries(path: Path, content: str | bytes) -> list[tuple]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(entry.name, entry.value, entry.color) for entry in read_class_list(path).classes]


@pytest.fixture(autouse=True)
def longest_field() -> Iterator[None]:
    """Python's own limit of a field, which other readers of tables lift for the process."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


RED, GREEN = (255, 0, 0), (0, 128, 0)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("classes.txt", "cat\nroad sign\n", [("cat", 0, None), ("road sign", 1, None)]),
        ("classes.txt", "\ufeffcat\r\ndog\r\n\r\n", [("cat", 0, None), ("dog", 1, None)]),
        ("classes.txt", "3 wheels\n4 wheels", [("3 wheels", 0, None), ("4 wheels", 1, None)]),
        ("classes.txt", "0: cat\n7: dog", [("cat", 0, None), ("dog", 7, None)]),
        ("classes.txt", "1 cat\n2 dog", [("cat", 1, None), ("dog", 2, None)]),
        (
            "labelmap.txt",
            "# label:color_rgb:parts:actions\nred one:255,0,0:hand,foot:walking\nb:0,128,0::\n",
            [("red one", 0, RED), ("b", 1, GREEN)],
        ),
        ("labelmap.txt", "a:255,0,0\nb:0,128,0", [("a", 0, RED), ("b", 1, GREEN)]),
        ("labelmap.txt", "a:::\nb:::", [("a", 0, None), ("b", 1, None)]),
        ("label_colors.txt", "255 0 0 a\n0 128 0\tb c\n", [("a", 0, RED), ("b c", 1, GREEN)]),
        ("label_colors.txt", "Void\nAnimal", [("Void", 0, None), ("Animal", 1, None)]),
        ("_classes.csv", "Pixel Value, Class\n0, background\n2, cat\n", None),
        ("class_dict.csv", "name,r,g,b\na,255,0,0\nb,0,128,0\n", [("a", 0, RED), ("b", 1, GREEN)]),
        ("classes.json", '["a", "b"]', [("a", 0, None), ("b", 1, None)]),
        ("classes.json", '{"1": "b", "0": "a"}', [("a", 0, None), ("b", 1, None)]),
        ("classes.json", '{"a": 0, "b": 5}', [("a", 0, None), ("b", 5, None)]),
        ("classes.json", '{"names": {"0": "a"}, "nc": 1}', [("a", 0, None)]),
    ],
)
def test_forms_of_tools_are_read(name: str, content: str, expected: list | None, tmp_path: Path):
    expected = expected or [("background", 0, None), ("cat", 2, None)]
    assert entries(tmp_path / name, content) == expected


def test_windows_utf16_is_read(tmp_path: Path):
    text = "Straße\nBaum\n".encode("utf-16")
    assert [name for name, *_ in entries(tmp_path / "classes.txt", text)] == ["Straße", "Baum"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("classes.txt", "", "names no class: write a name per line"),
        ("classes.txt", "cat\n\ndog\n", "line 2 is empty"),
        ("classes.txt", "cat\ncat\n", "the same name for several classes: cat"),
        ("labelmap.txt", "a:1,2,3::\nb:1,2,3::", "the same color for several classes: (1, 2, 3)"),
        ("labelmap.txt", "a:1,2,300::", "the color 1,2,300 has a part above 255"),
        ("labelmap.txt", "a:1,2,3::\nb:4,5,6::\nc", "has no color for c, and one for others"),
        ("classes.csv", "a,b\n1,2", "has no column 'class' or 'name'"),
        ("_classes.csv", "Pixel Value, Class\nx, cat", "'x' is not a whole number, 0 or above"),
        ("_classes.csv", "Pixel Value, Class\n1", "the row ['1'] does not fit the header"),
        ("_classes.csv", "Pixel Value, Class\n1,a\n1,b", "the same number for several classes: 1"),
        ("classes.json", "{", "is not a JSON file"),
        ("classes.json", "[1, 2]", "is not a list of names"),
        ("classes.json", '{"a": 1.5}', "'1.5' is not a whole number"),
        ("classes.txt", "1: a\n" + "9" * 5000 + ": b", "is not a whole number"),
        ("classes.csv", "name\n" + "x" * 200_000, "is not a table"),
    ],
)
def test_mistake_is_named(name: str, content: str, told: str, tmp_path: Path):
    with pytest.raises(ValueError, match=str(tmp_path / name)) as error:
        entries(tmp_path / name, content)
    assert told in str(error.value)


def test_deep_json_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="is not a"):
        entries(tmp_path / "classes.json", "[" * 100_000)


def test_list_with_colors_counts_before_one_without(tmp_path: Path):
    (tmp_path / "classes.txt").write_text("a\nb\n")
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks/labelmap.txt").write_text("a:1,2,3::\nb:4,5,6::\n")
    found = find_class_list([tmp_path, tmp_path / "masks"])
    assert found is not None
    assert [entry.color for entry in found.classes] == [(1, 2, 3), (4, 5, 6)]


def test_lists_that_differ_are_refused(tmp_path: Path):
    (tmp_path / "classes.txt").write_text("a\nb\n")
    (tmp_path / "classes.json").write_text(json.dumps(["b", "a"]))
    with pytest.raises(ValueError, match="name different classes: keep the one that fits"):
        find_class_list([tmp_path])


def test_no_list_is_none(tmp_path: Path):
    assert find_class_list([tmp_path]) is None
