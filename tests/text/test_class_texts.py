import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclip.text.class_texts import (
    ClassText,
    ClassTexts,
    listing,
    read_class_texts,
    write_class_texts,
)

TENCH = ClassText("n01440764", ("tench", "Tinca tinca"), "freshwater dace-like game fish")
BIRD = ClassText("n02012849", ("crane",), "large long-necked wading bird")
MACHINE = ClassText("n03126707", ("crane",))
TEXTS = ClassTexts([MACHINE, TENCH, BIRD])

names = st.text(min_size=1).filter(str.strip)
tables = st.lists(
    st.builds(ClassText, names, st.lists(names, min_size=1).map(tuple), st.text()),
    min_size=1,
    unique_by=lambda text: text.id,
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.jsonl"
    write_class_texts(path, TEXTS)
    return path


@settings(deadline=None)  # It syncs a file to the disk.
@given(texts=tables)
def test_written_table_reads_back_equal(
    texts: list[ClassText], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.jsonl"
    write_class_texts(path, texts)
    assert list(read_class_texts(path)) == texts


def test_file_is_one_json_object_a_line_with_the_documented_keys(table: Path) -> None:
    lines = table.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[1]) == {
        "id": "n01440764",
        "names": ["tench", "Tinca tinca"],
        "description": "freshwater dace-like game fish",
    }


def test_description_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text('{"id": "a", "names": ["ant"]}\n')
    assert read_class_texts(path)[0].description == ""


def test_position_is_class_index() -> None:
    assert [TEXTS.index(id) for id in TEXTS.ids] == [0, 1, 2]
    assert [text.id for text in TEXTS] == list(TEXTS.ids)


def test_slice_is_a_table() -> None:
    assert TEXTS[1:] == ClassTexts([TENCH, BIRD])


def test_index_of_unknown_id_is_named() -> None:
    with pytest.raises(ValueError, match=r"no class text has the id 'n1' \(the table holds 3 ids"):
        TEXTS.index("n1")


def test_duplicate_ids_are_named() -> None:
    with pytest.raises(ValueError, match="1 class texts with the same id: 'n01440764'"):
        ClassTexts([TENCH, BIRD, TENCH])


@pytest.mark.parametrize(
    "text", [ClassText("a", ()), ClassText("a", ("ant", " ")), ClassText("", ("ant",))]
)
def test_empty_names_are_refused(text: ClassText) -> None:
    with pytest.raises(ValueError, match=f"empty id, no name or a blank name: '{text.id}'"):
        ClassTexts([TENCH, text])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "a", "names": ["ant"]', "not a JSON line"),
        ('[{"id": "a"},', "not a JSON line"),
        ("id,name", "tools/build_class_texts.py --csv FILE` makes the table from a CSV file"),
        ('["a"]', "expected an object with the keys id, names, description"),
        ('{"id": 3, "names": ["ant"]}', '`id` must be a string, found 3; write "3" in quotes'),
        ('{"names": ["ant"]}', "`id` must be a string, found None"),
        (r'{"id": "a", "names": ["\ud800"]}', "'a' holds half of a surrogate pair"),
        ('{"id": "a", "names": "ant"}', "`names` of 'a' must be a list of strings, found 'ant'"),
        ('{"id": "a", "names": [1]}', "`names` of 'a' must be a list of strings"),
        ('{"id": "a"}', "`names` of 'a' must be a list of strings, found None"),
        ('{"id": "a", "names": ["ant"], "description": null}', "`description` of 'a' must be a"),
        ('{"id": "a", "names": ["ant"], "descripton": "x"}', "unknown keys descripton"),
    ],
)
def test_bad_line_is_named_with_its_number(table: Path, line: str, problem: str) -> None:
    with table.open("a") as file:
        file.write("\n" + line + "\n")  # Blank lines are skipped and counted.
    with pytest.raises(ValueError) as caught:
        read_class_texts(table)
    assert str(caught.value).startswith(f"{table}:5: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_table_saved_by_another_system_is_read(
    tmp_path: Path, encoding: str, line_end: str
) -> None:
    path = tmp_path / "table.jsonl"
    lines = ['{"id": "7", "names": ["käfer"]}', "", '{"id": "8", "names": ["日本"]}']
    path.write_bytes((line_end.join(lines) + line_end).encode(encoding))
    assert [text.names[0] for text in read_class_texts(path)] == ["käfer", "日本"]


def test_invalid_table_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text('{"id": "a", "names": ["ant"]}\n' * 2)
    with pytest.raises(ValueError, match=r"table\.jsonl: 1 class texts with the same id: 'a'"):
        read_class_texts(path)


def test_empty_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.touch()
    with pytest.raises(ValueError, match=r"table\.jsonl is empty"):
        read_class_texts(path)


def test_missing_table_names_the_tool_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"tools/build_class_texts\.py"):
        read_class_texts(tmp_path / "nowhere.jsonl")


def test_failed_write_leaves_the_old_table_and_nothing_else(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_class_texts(table, [TENCH])
    assert read_class_texts(table) == TEXTS
    assert [path.name for path in table.parent.iterdir()] == [table.name]


def test_listing_counts_what_it_does_not_name() -> None:
    assert listing(["a", "b", "c"], limit=3) == "a, b, c"
    assert listing(["a", "b", "c", "d", "e"], limit=3) == "a, b, c and 2 more"
