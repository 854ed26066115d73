"""Groups of categories as configs name them."""

from pathlib import Path
from typing import Any

import pytest

from iclip.evaluation.category_groups import comparable_name, labels_of_group, named_groups
from iclip.text.class_texts import ClassText, write_class_texts

# The labels of 30, 10, 20 are 0, 1, 2.
CATEGORIES = [
    dict(id=30, name="Fire_truck", frequency="r"),
    dict(id=10, name="bat_(animal)", frequency="f"),
    dict(id=20, name="cat", frequency="c"),
]


@pytest.mark.parametrize(
    ("group", "labels"),
    [
        ([10, 30], (0, 1)),
        (["cat", "fire truck"], (0, 2)),
        (("bat (animal)", 20, "cat"), (1, 2)),
        (dict(frequency="fc"), (1, 2)),
        (dict(frequency=["r"]), (0,)),
    ],
)
def test_ids_names_and_frequencies_name_categories(group: Any, labels: tuple[int, ...]):
    assert labels_of_group(group, CATEGORIES, "train_only") == labels


def test_class_text_is_the_category_of_its_name_or_else_of_its_id(tmp_path: Path):
    path = tmp_path / "seen.jsonl"
    # The second one's id is another category's, which its name decides.
    write_class_texts(path, [ClassText("10", ("flying mammal",)), ClassText("10 ", ("Cat", "pet"))])
    assert labels_of_group(str(path), CATEGORIES, "train_only") == (1, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_file_of_names_has_a_line_for_each(tmp_path: Path, encoding: str):
    path = tmp_path / "new words.TXT"
    path.write_bytes("CAT\r\n\r\nfire_truck\r\n".encode(encoding))
    assert labels_of_group(path, CATEGORIES, "train_only") == (0, 2)


@pytest.mark.parametrize(
    ("group", "told"),
    [
        (["cat", "dog", 7], r"such as Fire_truck, bat_\(animal\), cat, and names 2 that are not: "
         "dog, 7"),
        ([], "names none"),
        (dict(frequency="fx"), "have the frequencies 'c', 'f', 'r'; give"),
        (dict(frequency=""), "give dict"),
        (dict(rare=True), "give dict"),
        ([True], "give a class-text table, a file of names, a list"),
        (3, "give a class-text table"),
    ],
)  # fmt: skip
def test_what_is_not_a_group_of_the_file_is_refused_by_its_setting(group: Any, told: str):
    with pytest.raises(ValueError, match=r"^dataset.train_only=.*" + told):
        labels_of_group(group, CATEGORIES, "dataset.train_only")


def test_frequencies_that_no_category_states_are_refused():
    plain = [dict(id=1, name="cat")]
    with pytest.raises(ValueError, match="have the frequencies none"):
        labels_of_group(dict(frequency="f"), plain, "train_only")


def test_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"^groups.new='.*absent.txt': there is no such"):
        named_groups({"new": str(tmp_path / "absent.txt")}, CATEGORIES)
    with pytest.raises(ValueError, match=r"^groups=.*give dict"):
        named_groups(["cat"], CATEGORIES)  # type: ignore[arg-type]


def test_category_without_a_name_is_found_by_its_id():
    assert labels_of_group([8], [dict(id=7), dict(id=8)], "train_only") == (1,)
    assert labels_of_group(["7"], [dict(id=7), dict(id=8)], "train_only") == (0,)


@pytest.mark.parametrize("spelling", ["Bat_(Animal)", "bat (animal)", " bat  (ANIMAL)\t"])
def test_spellings_of_a_name_are_equal(spelling: str):
    assert comparable_name(spelling) == "bat (animal)"
