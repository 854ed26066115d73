"""What the rules ask of a data set, and data that nothing can be learned from."""

import re

import pytest

from iclip.finetune.data_facts import check_classes, facts_of
from tests.support.own_choice import StoodIn, own_data


def test_images_of_a_class_are_counted_once_each():
    data = own_data(classes=("a", "b", "c"), train=0)
    samples = [StoodIn("1.jpg", (0, 0, 1)), StoodIn("2.jpg", (0,)), StoodIn("3.jpg", ())]
    data.parts["train"].extend(samples)  # type: ignore[attr-defined]
    facts = facts_of(data, lambda data: 77)
    assert (facts.samples, facts.median_side, facts.samples_of_class) == (3, 77, [2, 1, 0])


def test_unknown_classes_are_told_from_absent_ones():
    data = own_data(train=0)
    data.parts["train"].append(StoodIn("1.jpg", ()))  # type: ignore[attr-defined]
    assert facts_of(data, lambda data: None).samples_of_class == ()


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ((), "/data/pets (YOLO) names no class; there is nothing to learn"),
        (("cat", "dog", "cat"), "/data/pets (YOLO) names classes twice: cat. Give each class"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_an_error(classes: tuple[str, ...], expected: str):
    data = own_data(classes=classes, train=0)
    with pytest.raises(ValueError, match=re.escape(expected)):
        check_classes(data)


def test_one_class_is_enough():
    check_classes(own_data(classes=("cat",)))
