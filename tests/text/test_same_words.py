"""Names of classes are compared by their words."""

import pytest

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.same_words import difference_in_order, names_class

TABLE = ClassTexts(
    [
        ClassText("1", ("bat (animal)", "flying mouse"), "with wings"),
        ClassText("n02", ("school bus",)),
        ClassText("3", ("Füchsin",)),
    ]
)


@pytest.mark.parametrize("name", ["bat_(animal)", "Bat animal", "flying-mouse", "1"])
def test_name_is_the_id_or_any_of_the_names(name: str) -> None:
    assert names_class(name, TABLE[0])
    assert not names_class(name, TABLE[1])


def test_order_of_the_data_is_that_of_the_table() -> None:
    assert difference_in_order(["bat_(animal)", "schoolBus", "FÜCHSIN"], TABLE) == ""
    assert difference_in_order(["flying mouse", "n02", "3"], TABLE) == ""


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ["school bus", "bat (animal)", "Füchsin"],
            "label 0 is 'school bus', and entry 1 of the table 'bat (animal)' (id '1')",
        ),
        (["1", "n02", "fox"], "label 2 is 'fox', and entry 3 of the table 'Füchsin' (id '3')"),
        (["1", "n02"], "the data have 2 classes, and the table 3"),
        (["1", "n02", "3", "fox"], "the data have 4 classes, and the table 3"),
    ],
)
def test_first_difference_is_said(names: list[str], told: str) -> None:
    assert difference_in_order(names, TABLE) == told
