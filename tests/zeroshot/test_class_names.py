"""Names of classes follow from what folders and tables say, not from where they stand."""

import random
from pathlib import Path

import pytest

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.class_names import (
    imagenet_labels,
    match_names,
    normalized,
    texts_in_order_of,
)

WNIDS = [f"n{1000 + 7 * i:08}" for i in range(1000)]
NAMES = [f"thing {i}" for i in range(1000)]


@pytest.mark.parametrize(
    "spelt", ["Faces_easy", "faces easy", "FACES-EASY", "faces_easy ", "facesEasy"]
)
def test_spellings_of_a_name_are_one(spelt: str):
    assert normalized(spelt) == normalized("Faces_easy")


def test_names_are_matched_whatever_their_order():
    wanted = {"Leopards": 3, "car_side": 1, "yin_yang": 2}
    assert match_names(wanted, ["yin-yang", "leopards", "Car Side"], "root") == {
        "yin-yang": 2,
        "leopards": 3,
        "Car Side": 1,
    }


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (["a", "x", "y"], "root: 2 names of 3 that no class has: x, y; the classes are a, b, B"),
        (["b"], "root: several classes are called b"),
        (["a", "A"], "root: two names for one class: a and A"),
    ],
)
def test_names_that_fit_no_single_class_are_refused(found: list[str], told: str):
    with pytest.raises(ValueError, match=told):
        match_names({"a": 0, "b": 1, "B": 2}, found, "root")


@pytest.mark.parametrize("width", [1, 3, 4])
def test_numbers_are_taken_by_number_and_said(width: int):
    """By name, ``10`` comes before ``2``, and 988 of 1000 classes get another's name."""
    folders = sorted(f"{i:0{width}}" for i in range(1000))
    labels, note = imagenet_labels(folders, WNIDS, NAMES, Path("val"))
    assert all(labels[name] == int(name) for name in folders)
    assert note == "folders 0 to 999 are taken as class indices, by number"


def test_wordnet_ids_and_names_are_matched():
    some = random.Random(0).sample(range(1000), 100)
    labels, note = imagenet_labels([WNIDS[i] for i in some], WNIDS, NAMES, Path("val"))
    assert labels == {WNIDS[i]: i for i in some}
    assert note == ""
    folders = [NAMES[i].replace(" ", "_") for i in some]
    labels, note = imagenet_labels(folders, WNIDS, NAMES, Path("val"))
    assert list(labels.values()) == some
    assert note == "folders are matched with the classes' names"


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        ([str(i) for i in range(1, 1001)], "numbers, 1, 10, 100 and 997 more, but not exactly 0 t"),
        ([str(i) for i in range(999)], "which class is which cannot be told. Name the folders by"),
        ([*WNIDS[:998], "n99999999"], "val: 1 name of 999 that no class has: n99999999"),
        ([*NAMES[:10], "zebra"], "val: 1 name of 11 that no class has: zebra"),
    ],
)
def test_folders_whose_classes_are_unclear_are_refused(folders: list[str], told: str):
    with pytest.raises(ValueError, match=told):
        imagenet_labels(folders, WNIDS, NAMES, Path("val"))


WANTED = ClassTexts(
    [ClassText(f"n{i}", (name,)) for i, name in enumerate(("crane", "tench", "lip"))]
)


def named(*ids_and_names: tuple[str, ...]) -> ClassTexts:
    return ClassTexts([ClassText(id, names, f"{id}!") for id, *names in ids_and_names])


@pytest.mark.parametrize(
    ("table", "how"),
    [
        (named(("n2", "mouth"), ("n0", "bird"), ("n1", "fish")), "matched by id"),
        (named(("c", "Lip"), ("a", "Crane"), ("b", "tench")), "matched by name"),
        (named(("lip", "mouth"), ("crane", "bird"), ("tench", "fish")), "matched by name"),
        (named(("0", "lip"), ("1", "crane"), ("2", "tench")), "matched by name"),
        (named(("c", "mouth", "lip"), ("a", "bird", "crane"), ("b", "tench")), "matched by name"),
    ],
)
def test_table_is_put_in_the_order_of_the_labels(table: ClassTexts, how: str):
    texts, told = texts_in_order_of(table, WANTED, "F")
    assert list(texts) == [table[1], table[2], table[0]]
    assert told == how


def test_table_that_names_nothing_is_taken_in_order_and_said():
    table = named(("x", "one"), ("y", "two"), ("z", "three"))
    texts, told = texts_in_order_of(table, WANTED, "F")
    assert texts == table
    assert told.endswith("taken in the order of the labels")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (named(("a", "crane")), "F has 1 classes; the data set has 3"),
        (
            named(("a", "crane"), ("b", "fish"), ("c", "lip")),
            "F: 2 lines of 3 name .*, b do",
        ),
        (named(("a", "crane"), ("b", "Crane"), ("c", "lip")), "F: 3 lines .* some the same"),
    ],
)
def test_table_that_names_some_classes_is_refused(table: ClassTexts, told: str):
    with pytest.raises(ValueError, match=told):
        texts_in_order_of(table, WANTED, "F")
