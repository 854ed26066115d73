"""Data with the classes of a model."""

from pathlib import Path

import pytest

from iclip.own_data.class_order import with_classes
from iclip.own_data.data_set import OwnData
from iclip.own_data.video.clips import Clip
from iclip.tasks import VIDEO

DATA = OwnData(
    VIDEO,
    "folders",
    Path("data"),
    ("cat", "dog"),
    {"train": [Clip("a", 0), Clip("b", 1)], "val": [Clip("c", 1)]},
    class_details=({"frequency": "f"}, {"frequency": "r"}),
)


def test_labels_follow_the_model():
    found = with_classes(DATA, ["dog", "bird", "cat"])
    assert found.classes == ("dog", "bird", "cat")
    assert found.parts == {"train": [Clip("a", 2), Clip("b", 0)], "val": [Clip("c", 0)]}
    assert found.class_details == ({"frequency": "r"}, {}, {"frequency": "f"})


def test_equal_classes_change_nothing():
    assert with_classes(DATA, ["cat", "dog"]) is DATA


def test_class_that_the_model_lacks_is_named():
    told = r"data has 1 class that the model does not know: cat. Its classes are Dog, dog"
    with pytest.raises(ValueError, match=told):
        with_classes(DATA, ["Dog", "dog"])
