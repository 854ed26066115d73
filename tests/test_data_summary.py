"""What was read of a data set, in words and as a record."""

import os
from pathlib import Path

import pytest

from iclip.data_summary import (
    DataSummary,
    Omission,
    dump_summaries,
    load_summaries,
    merged,
    omissions,
)
from iclip.files.images import LeftOut

SUMMARY = DataSummary(
    "LabelledImages",
    "data/a",
    {"images": 1200, "classes": 1, "lines of the class table": 1},
    (Omission(".txt files", 2, "data/a/x.txt"), Omission("hidden files", 1, "data/a/._b.jpg")),
    ("links are followed",),
)


def test_one_line_says_counts_notes_and_omissions() -> None:
    assert str(SUMMARY) == (
        "LabelledImages data/a: 1,200 images, 1 class, 1 line of the class table; "
        "links are followed; "
        "left out: 2 .txt files (data/a/x.txt), 1 hidden file (data/a/._b.jpg)"
    )


def test_complete_data_set_says_nothing_of_omissions() -> None:
    assert str(DataSummary("R", "p", {"categories": 1})) == "R p: 1 category"


def test_record_reads_back_equal(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(dump_summaries({"train": SUMMARY}), encoding="utf-8")
    assert load_summaries(tmp_path / "data.json") == {"train": SUMMARY}


def test_names_need_not_be_text(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9")
    summary = DataSummary("R", odd, {}, (Omission("others", 2, odd),))
    assert str(summary).encode() == rb"R caf\udce9: ; left out: 2 others (caf\udce9)"
    (tmp_path / "data.json").write_text(dump_summaries({odd: summary}), encoding="ascii")
    assert load_summaries(tmp_path / "data.json") == {odd: summary}


@pytest.mark.parametrize(
    "content", ["", "[]", "null", '{"train": null}', '{"train": {}}', '{"train": {"reader": 1}}']
)
def test_other_content_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "data.json").write_text(content)
    with pytest.raises(ValueError, match=r"data\.json is not a record of data sets: "):
        load_summaries(tmp_path / "data.json")


def test_omissions_of_one_kind_are_added_up() -> None:
    parts = [Omission("a", 1, "first"), Omission("b", 5, "x"), Omission("a", 2, "second")]
    assert merged(parts) == (Omission("b", 5, "x"), Omission("a", 3, "first"))


def test_rare_kinds_beyond_the_limit_become_one() -> None:
    parts = [Omission(f".{i} files", 10 - i, f"x.{i}") for i in range(5)]
    told = merged(parts, limit=3)
    assert sum(part.count for part in told) == 10 + 9 + 8 + 7 + 6
    assert told[3] == Omission("others", 7 + 6, "x.3")


def test_left_out_files_become_omissions_by_kind() -> None:
    left_out = LeftOut()
    for path in ("a/x.txt", "a/y.txt", "a/._z.jpg"):
        left_out.add(path)
    assert omissions(left_out) == (
        Omission(".txt files", 2, "a/x.txt"),
        Omission("hidden files", 1, "a/._z.jpg"),
    )
