"""Which classes of one table another has: by WordNet's ids, by ids with names, or by names."""

import pytest

from iclip.text.class_texts import ClassText
from iclip.text.shared_classes import normalized, shared_classes, without

IMAGENET = [
    ClassText("n02119789", ("kit fox", "Vulpes macrotis")),
    ClassText("n02139199", ("bat", "chiropteran")),
    ClassText("n02806379", ("bat",)),
    ClassText("n04254680", ("soccer ball",)),
]


def found(*new: ClassText) -> list[tuple[str, str, bool]]:
    return [(s.new.id, s.known.id, s.by_id) for s in shared_classes(new, IMAGENET)]


def test_wordnets_ids_are_enough():
    assert found(ClassText("n02119789", ("another name",))) == [("n02119789", "n02119789", True)]


def test_two_synsets_with_an_equal_name_are_two_classes():
    assert found(ClassText("n99999999", ("bat",))) == []


@pytest.mark.parametrize("name", ["Kit_Fox", "kit-fox", " kit  fox ", "VULPES macrotis"])
def test_names_are_compared_as_people_write_them(name: str):
    assert found(ClassText("17", (name,))) == [("17", "n02119789", False)]


def test_a_later_synonym_counts_and_the_first_of_several_senses():
    text = ClassText("18", ("bat (animal)", "Bat"))
    assert found(text) == [("18", "n02139199", False)]


def test_equal_numbers_of_two_data_sets_are_not_equal_classes():
    known = [ClassText("1", ("aerosol can",)), ClassText("2", ("dog",))]
    assert shared_classes([ClassText("1", ("cat",))], known) == []
    (shared,) = shared_classes([ClassText("1", ("dog",))], known)
    assert (shared.known.id, shared.by_id) == ("2", False)
    (shared,) = shared_classes([ClassText("2", ("hound", "Dog"))], known)
    assert (shared.known.id, shared.by_id) == ("2", True)


def test_what_was_not_trained_is_left_in_its_order():
    tested = [ClassText(f"t{i}", (name,)) for i, name in enumerate(("a", "b", "c", "d"))]
    trained = [ClassText("t2", ("c",)), ClassText("x", ("A",))]
    assert [text.id for text in without(tested, trained)] == ["t1", "t3"]
    assert without(tested, tested) == []
    assert without(tested, []) == tested


def test_empty_tables_share_nothing():
    assert shared_classes([], IMAGENET) == shared_classes(IMAGENET, []) == []


def test_normalized_is_stable():
    assert (
        normalized(normalized("Red_-_FOX\u00a0x")) == normalized("Red_-_FOX\u00a0x") == "red fox x"
    )
