"""Pages about checkpoints name each fact once, and leave out what is not known."""

from iclip.checkpoints.comparison import TensorChanges
from iclip.checkpoints.overview import Overview
from iclip.checkpoints.overview_text import MAX_LISTED, difference_text, file_text, folder_text

FILE = Overview("run/iter_5.pth", 2_500_000, "2026-01-02T03:04:05+00:00", has_checksums=True)
NOTHING = TensorChanges({}, {}, {}, (), {})


def test_what_is_not_known_has_no_line():
    assert [line.split()[0] for line in file_text(FILE).splitlines()] == [
        "run/iter_5.pth",
        "whole",
        "size",
    ]


def test_columns_stand_below_each_other():
    other = Overview("run/a_long_name_5.pth", 10, FILE.written, True, iteration=1_000_000)
    head, *rows = folder_text([FILE, other]).splitlines()
    place = head.index("iteration")
    assert [row[place:].split()[0] for row in rows] == ["-", "1,000,000"]
    assert rows[0].endswith("2.5 MB  2026-01-02 03:04:05")


def test_long_lists_are_cut():
    settings = [f"+a{i} = 1" for i in range(MAX_LISTED + 5)]
    shapes = {f"t{i}": (1,) for i in range(MAX_LISTED + 3)}
    text = difference_text(FILE, FILE, settings, TensorChanges(shapes, {}, {}, (), {}))
    assert "and 5 more" in text and "and 3 more" in text
    assert f"t{MAX_LISTED}" not in text


def test_nothing_differs():
    text = difference_text(FILE, FILE, [], NOTHING)
    assert "config: 0 other lines" in text and "0 equal, 0 changed" in text
