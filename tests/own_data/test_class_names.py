import pytest

from iclip.own_data.class_names import ClassNames, labels_of_names
from iclip.own_data.remarks import Remarks


def test_names_are_numbered_as_they_come_without_blanks_around_them() -> None:
    classes, remarks = ClassNames(), Remarks("DIR")
    assert labels_of_names([" cat", "traffic\u00a0 light\n"], classes, "a.yaml", remarks) == [0, 1]
    assert labels_of_names(["traffic light", "dog"], classes, "b.yaml", remarks) == [1, 2]
    assert classes.names == ["cat", "traffic light", "dog"]
    assert remarks.notes == []


def test_a_repeated_name_is_one_class() -> None:
    classes, remarks = ClassNames(), Remarks("DIR")
    assert labels_of_names(["cat", "dog", "cat "], classes, "a.yaml", remarks) == [0, 1, 0]
    assert remarks.notes == ["a.yaml states 1 name several times (cat): one class each"]


@pytest.mark.parametrize("name", ["", "  ", "\ud800"])
def test_a_name_is_text(name: str) -> None:
    with pytest.raises(ValueError, match=r"a.yaml: the name of a class is .*: give it one"):
        labels_of_names([name], ClassNames(), "a.yaml", Remarks("DIR"))
