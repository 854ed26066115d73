"""Figures of each class, from a run's file to the page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from iclip.report.class_section import mean_over_seeds
from iclip.report.page import build_report
from iclip.report.render import to_html
from iclip.results import ClassScore, ClassScores
from tests.support.class_files import DETECTION, SEGMENTATION, VIDEO, detected, write_classes
from tests.support.run_folder import problems, section, write_run


def letters(svg: str) -> list[str]:
    """What can be read on a plot."""
    return re.findall(r"<text [^>]*>([^<]*)</text>", svg)


def test_pretrained_and_scratch_share_a_plot(tmp_path: Path):
    write_classes(tmp_path / "a_scratch", {"sky": 50.0, "fish": 40.0, "crown": 10.0})
    write_classes(tmp_path / "b", {"sky": 60.0, "fish": 15.0, "crown": None}, checkpoint="a.pth")
    part = section(tmp_path)
    (plot,) = part.plots
    assert plot.caption == "segmentation: IoU of each class"
    # The pre-trained run comes first and gives the order.
    assert plot.alt == "IoU (%), b / a_scratch: sky 60.0 / 50.0; fish 15.0 / 40.0; crown - / 10.0"
    read = letters(plot.svg)
    assert {"sky", "fish", "crown", "60.0", "50.0", "15.0", "40.0", "10.0"} <= set(read)
    assert read.index("sky") < read.index("fish") < read.index("crown")
    assert part.text == [
        "segmentation: IoU of b against a_scratch: ahead in 1 of 2 classes (most in sky +10.0), "
        "behind in 1 (most in fish -25.0)."
    ]


def test_other_classes_and_the_toy_world_stay_apart(tmp_path: Path):
    write_classes(tmp_path / "a", {"sky": 1.0, "fish": 2.0})
    write_classes(tmp_path / "b", {"sky": 1.0, "crown": 2.0})
    write_classes(tmp_path / "c", {"sky": 1.0, "fish": 2.0}, toy=True)
    part = section(tmp_path)
    assert [plot.caption.split(":")[0] for plot in part.plots] == [
        "segmentation",
        "segmentation, other classes",
        "segmentation on the toy world",
    ]
    assert part.text == []


def test_seeds_are_averaged(tmp_path: Path):
    for seed, (sky, fish) in enumerate(((10.0, None), (20.0, 4.0), (60.0, 8.0))):
        write_classes(tmp_path / f"run/seed{seed}", {"sky": sky, "fish": fish})
    (plot,) = section(tmp_path).plots
    assert plot.alt == "IoU (%), run, mean of 3: sky 30.0; fish 6.0"


def test_fifth_run_is_named_and_not_drawn(tmp_path: Path):
    for name in "abcdef":
        write_classes(tmp_path / name, {"sky": 1.0})
    part = section(tmp_path)
    assert "segmentation: 2 further runs are not drawn." in part.text
    assert part.plots[0].alt == "IoU (%), a / b / c / d: sky 1.0 / 1.0 / 1.0 / 1.0"


def test_many_classes_are_a_curve_and_a_table_of_both_ends(tmp_path: Path):
    write_classes(tmp_path / "det", {}, DETECTION, "a.pth", **detected(10))
    write_classes(tmp_path / "none", {}, DETECTION, **detected(5))
    part = section(tmp_path)
    (plot,), (table,) = part.plots, part.tables
    assert "det: 19 rare classes from 19.0 to 0.0, median 10.0" in plot.alt
    assert "none: 20 frequent classes from 29.5 to 20.0, median 24.8" in plot.alt
    read = letters(plot.svg)
    assert {"rare", "common", "frequent", "det", "none", "box AP (%)"} <= set(read)
    assert "c7" not in read
    assert table.columns == ["class", "rank", "objects", "frequency", "det", "none"]
    rows = [[str(entry) for entry in row] for row in table.rows]
    assert [row[0] for row in rows[:10]] == [f"c{i}" for i in range(59, 49, -1)]
    assert rows[0] == ["c59", "1 of 59", str(7 * 59 % 61), "frequent", "59.0", "29.5"]
    # Five are at 0: the one with the most objects is the worst.
    assert [row[0] for row in rows[10:]] == ["c10", "c9", "c8", "c7", "c6", *[f"c{i}" for i in
                                             (1, 2, 3, 4, 5)]]  # fmt: skip
    assert "1 of 60 have nothing to measure" in table.note


def test_classes_without_frequencies_have_no_column_of_them(tmp_path: Path):
    write_classes(tmp_path / "seg", {}, **detected(10, frequencies=False))
    part = section(tmp_path)
    assert part.tables[0].columns == ["class", "rank", "objects", "seg"]
    assert "seg: 59 classes from 59.0 to 0.0" in part.plots[0].alt


def test_confusions_of_a_video_run(tmp_path: Path):
    confusion = [[3, 1, 0], [0, 8, 2], [0, 0, 0]]
    values = {"left": 75.0, "right": 80.0, "up": None}
    write_classes(tmp_path / "k400", values, VIDEO, metric="top-1", confusion=confusion)
    bars, matrix = section(tmp_path).plots
    assert bars.alt == "top-1 (%), k400: right 80.0; left 75.0"
    assert matrix.alt.endswith(
        "left 75 %, most often taken for right (25 %); right 80 %, most often taken for up (20 %)"
    )
    # A row's cells add up to 100: what was not among the worst has a column.
    assert [text for text in letters(matrix.svg) if text.isdecimal()] == ["75", "25", "80", "20"]
    assert "all others" in letters(matrix.svg)


ENTRY = {"name": "sky", "value": 1.0, "count": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"classes": [', "per_class.json: cannot be read"),
        ("[]", "per_class.json: holds no list of classes"),
        ('{"classes": []}', "per_class.json: holds no list of classes"),
        ('{"classes": [{"value": 1.0}]}', "per_class.json: classes[0] has no name"),
        ({"classes": [ENTRY, ENTRY | {"value": "high"}]}, "classes[1] has the value 'high'"),
        ('{"classes": [{"name": "sky", "value": NaN}]}', "classes[0] has the value nan"),
        ({"classes": [ENTRY | {"count": -1}]}, "classes[0] has the count -1"),
        ({"classes": [ENTRY | {"value": None}]}, "has no value of any class"),
        ({"classes": [ENTRY], "confusion": [[1, 2]]}, "confusion is not a 1 x 1 table of counts"),
    ],
)
def test_damaged_file_is_a_problem_of_its_run(content: Any, told: str, tmp_path: Path):
    write_classes(tmp_path / "whole", {"sky": 1.0})
    write_classes(tmp_path / "damaged", {"sky": 2.0})
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "damaged/per_class.json").write_text(text)
    assert [name for name, what in problems(tmp_path) if told in what] == ["damaged"]
    assert section(tmp_path).plots[0].alt == "IoU (%), whole: sky 1.0"


def test_names_are_shown_as_they_are(tmp_path: Path):
    long = "a class that somebody has given a very long name"
    write_classes(tmp_path / "run", {"$1 & <b>": 1.0, "x$": 2.0, long: 3.0})
    (plot,) = section(tmp_path).plots
    assert {"$1 &amp; &lt;b&gt;", "x$", f"{long[:27]}…"} <= set(letters(plot.svg))
    assert long in plot.alt
    assert "<b>" not in to_html(build_report([tmp_path]))


def test_runs_without_the_file_have_no_such_chapter(tmp_path: Path):
    write_run(tmp_path / "old", SEGMENTATION.format("a.pth"), {"mIoU": 40.0})
    assert "classes" not in [part.id for part in build_report([tmp_path]).sections]


def test_counts_of_seeds_are_added_up():
    classes = tuple(ClassScore(name, 50.0, 1) for name in ("disc", "star"))
    runs = [ClassScores("top-1", "videos", classes, ((1, i), (0, 1)), (i, 0)) for i in (2, 3)]
    together = mean_over_seeds(runs)
    assert together.confusion == ((2, 5), (0, 2))
    assert together.undecided == (5, 0)
