import os
import pickle
from pathlib import Path

import pytest

from iclip.datasets.readers.string_table import StringTable

STRINGS = ["a", "", "grüße", "日本語", "", "x" * 1000]


def test_holds_what_it_was_given() -> None:
    table = StringTable(iter(STRINGS))
    assert [table[i] for i in range(len(table))] == STRINGS


def test_holds_file_names_that_are_not_utf8() -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    assert os.fsencode(StringTable([name])[0]) == b"caf\xe9.jpg"


def test_pickled_object_reads_the_same() -> None:
    table = pickle.loads(pickle.dumps(StringTable(STRINGS)))
    assert [table[i] for i in range(len(table))] == STRINGS


def test_strings_are_kept_compactly() -> None:
    table = StringTable(str(i) for i in range(10_000))
    assert len(pickle.dumps(table)) < 10_000 * (8 + 4) + 1000


@pytest.mark.parametrize("index", [-1, 2])
def test_index_outside_is_refused(index: int) -> None:
    with pytest.raises(IndexError):
        StringTable(["a", "b"])[index]


def test_table_may_be_empty() -> None:
    assert len(StringTable([])) == 0


@pytest.mark.parametrize("strings", [STRINGS, [], ["", ""]])
def test_written_table_is_mapped_at_any_place(tmp_path: Path, strings: list[str]) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.write(b"before")
        StringTable(strings).write(file)
        file.write(b"after")
    table = StringTable.map(tmp_path / "x", 6)
    for read in (table, pickle.loads(pickle.dumps(table))):
        assert [read[i] for i in range(len(read))] == strings


def test_mapped_table_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        StringTable(STRINGS).write(file)
        file.truncate(file.tell() - 1)
    with pytest.raises(ValueError, match=r"x is truncated"):
        StringTable.map(tmp_path / "x", 0)
