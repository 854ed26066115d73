"""n of N beside every score: what it counts, of how many, and what was left out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iclip.data_summary import DataSummary, Omission
from iclip.report.counted_samples import (
    Counted,
    counts_of_run,
    counts_of_tool,
    evaluation_in_words,
)
from iclip.report.run import Run
from iclip.results import ClassScore, ClassScores, Result, SetResult, Settings, Unread, UnreadImages

LVIS = DataSummary(
    "LVISV1Dataset",
    "lvis/val.json",
    {"images": 148, "boxes": 722, "categories": 72},
    (
        Omission("images without boxes", 2, "a.jpg"),
        Omission("boxes passed over", 8, "annotation 5"),
        Omission(".txt files", 3, "a.txt"),
    ),
)
CLASSES = ClassScores(
    "box AP",
    "objects",
    (
        ClassScore("cat", 50.0, 7, "rare"),
        ClassScore("dog", None, 0, "rare"),
        ClassScore("fox", 10.0, 5, "common"),
    ),
    loader="val_dataloader",
)


def part(images: int | None = 148, place: str | None = "lvis/val.json") -> SetResult:
    return SetResult(("lvis",), {"lvis/AP": 1.0, "lvis/APr": 1.0}, images, place=place)


def run_with(**fields: Any) -> tuple[Run, Result]:
    result = Result("detection", (part(),), Settings(loader="val_dataloader"))
    return Run(Path("r"), "r", validation=result, **fields), result


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (Counted("images", 148, 150), "148 of 150 images"),
        (Counted("videos", 1_480), "1,480 videos"),
        (Counted("images"), "an unknown number of images"),
    ],
)
def test_a_count_in_words(counted: Counted, words: str):
    assert str(counted) == words


def test_samples_parts_and_omissions_are_those_of_the_read_data():
    run, result = run_with(data={"val": LVIS})
    assert str(counts_of_run(run, result, part())) == (
        "148 of 150 images, 722 of 730 boxes; left out: 2 images without boxes (a.jpg), "
        "8 boxes passed over (annotation 5)"
    )


@pytest.mark.parametrize(
    ("data", "place"),
    [({}, "lvis/val.json"), ({"val": LVIS}, "other.json"), ({"val": LVIS}, None)],
)
def test_without_a_record_of_the_data_the_whole_is_unknown(
    data: dict[str, DataSummary], place: str | None
):
    run, result = run_with(data=data)
    assert str(counts_of_run(run, result, part(place=place))) == "148 samples"


def test_images_of_other_splits_are_no_omissions():
    read = DataSummary(
        "RetrievalImages", "k.json", {"images": 10, "captions": 50},
        (Omission("images of split 'train'", 90, "not asked for"),
         Omission("blank captions", 1, "a.jpg")),
    )  # fmt: skip
    run, result = run_with(data={"val.3": read})
    found = counts_of_run(run, result, part(10, "k.json"))
    assert str(found.samples) == "10 of 10 images"


def test_the_loader_decides_between_two_records_of_one_file():
    smaller = replace(LVIS, left_out=())
    run, result = run_with(data={"test": smaller, "val": LVIS})
    assert counts_of_run(run, result, part()).samples.whole == 150
    test = replace(result, settings=Settings(loader="test_dataloader"))
    assert counts_of_run(run, test, part()).samples.whole == 148


def test_rare_ap_counts_the_rare_categories_with_objects():
    run, result = run_with(data={"val": LVIS}, classes=CLASSES)
    words = str(counts_of_run(run, result, part(), "lvis/APr"))
    assert "1 of 2 rare categories, 7 of 7 objects of them" in words
    assert "categories" not in str(counts_of_run(run, result, part(), "lvis/AP"))
    # The classes of a test do not tell what the validation counts.
    run, result = run_with(classes=replace(CLASSES, loader="test_dataloader"))
    assert str(counts_of_run(run, result, part(), "lvis/APr")) == "148 samples"


def test_several_data_sets_are_added_up_in_words():
    sets = (part(3, None), part(4, None))
    run, _ = run_with()
    assert evaluation_in_words(run, Result("x", sets)) == "3 + 4 samples"
    data = {"val.0": DataSummary("A", "a", {"videos": 5}), "val.1": LVIS}
    sets = (part(4, "a"), part(148, "lvis/val.json"))
    run, _ = run_with(data=data)
    assert evaluation_in_words(run, Result("x", sets)) == "4 of 5 videos + 148 of 150 images"
    assert evaluation_in_words(run, Result("x", (part(None),))) == "not recorded"


def test_a_tool_has_counted_what_it_left_out():
    unread = UnreadImages(Unread(3, ("b.jpg",)), Unread(1))
    found = counts_of_tool(
        SetResult(("dtd",), {}, 96, 100, unread=unread, left_out="2 .txt files (x.txt)")
    )
    assert str(found) == (
        "96 of 100 images; left out: 3 broken (b.jpg), 1 missing, 2 .txt files (x.txt)"
    )
