"""Predictions as a table, read by Python's csv."""

import csv
import io
import os
from pathlib import Path

from iclip.predictions.table import COLUMNS, as_csv, write_csv
from tests.support.made_predictions import CLASSES, boxes, clip, segments


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_boxes_have_corners_in_pixels():
    first, second = rows(as_csv([boxes(seconds=1.5)]))
    assert list(first) == list(COLUMNS)
    assert first == {
        "file": "in/a b.jpg", "seconds": "1.5", "class": "bird, small", "label": "2",
        "score": "0.9", "x1": "10.0", "y1": "20.0", "x2": "60.0", "y2": "80.0", "share": "",
    }  # fmt: skip
    assert (second["class"], second["x1"]) == ("cat", "0.5")


def test_classes_of_pixels_have_shares():
    dog, cat = rows(as_csv([segments()]))
    assert (dog["class"], dog["share"], dog["score"], dog["x1"]) == ("dog", "0.5", "", "")
    assert cat["share"] == "0.25"


def test_video_has_a_row_for_each_class():
    assert [(row["class"], row["score"]) for row in rows(as_csv([clip()]))] == [
        ("dog", "0.7"), ("bird, small", "0.2"), ("cat", "0.1"),
    ]  # fmt: skip


def test_image_without_boxes_has_a_row():
    (row,) = rows(as_csv([boxes().above(1.0)]))
    assert row["file"] == "in/a b.jpg" and not any(
        value for name, value in row.items() if name != "file"
    )


def test_file_holds_the_table(tmp_path: Path):
    odd = boxes(file=Path(os.fsdecode(b'x\xff,"\n.jpg')))
    path = write_csv([odd, boxes()], CLASSES, tmp_path)
    found = rows(path.read_text(encoding="utf-8"))
    assert len(found) == 4 and found[0]["file"] == 'x\\udcff,"\n.jpg'
