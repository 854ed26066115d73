"""The setting that names the classes that are tested and were not trained."""

from typing import Any

import pytest

from iclip.text.new_class_setting import read_new_classes


@pytest.mark.parametrize("others", [{"trained": "b"}, {"frequency": "rare", "pretrained": "c"}])
def test_what_is_asked_is_returned(others: dict[str, str]):
    asked = {"tested": "a", **others}
    assert read_new_classes({"new_classes": asked}) == asked
    assert read_new_classes({}) is read_new_classes({"new_classes": None}) is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["a"], r"it is \['a'\]; it takes dict\(tested=TABLE, trained=TABLE\)"),
        ({}, "it has no key; it takes tested, and trained or frequency"),
        ({"trained": "a"}, "it has trained; it takes tested, and trained or frequency"),
        ({"tested": "a"}, "it has tested; it takes tested, and trained or frequency"),
        ({"tested": "a", "traind": "b"}, "has the key traind: is trained meant?"),
        ({"tested": "a", 3: "b"}, "has the key 3: There are tested"),
        ({"tested": "a", "trained": 3}, "trained is 3; it takes a text"),
        ({"tested": "a", "frequency": "r"}, "frequency is 'r'; it takes rare, common, frequent"),
    ],
)
def test_what_is_malformed_is_said(asked: Any, words: str):
    with pytest.raises(ValueError, match=words):
        read_new_classes({"new_classes": asked})
