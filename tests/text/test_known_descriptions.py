"""Words are described as a table describes the class of their name, where that is one class."""

import pytest

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.known_descriptions import with_known_descriptions

KNOWN = (
    ClassText("n1", ("red_fox", "Vulpes vulpes"), "a fox"),
    ClassText("n2", ("crane",), "a bird"),
    ClassText("n3", ("crane",), "a machine"),
    ClassText("n4", ("bat",), ""),
    ClassText("n5", ("glider", "bat"), "an aircraft"),
    ClassText("n6", ("hawk", "red fox"), "a bird of prey"),
)


@pytest.mark.parametrize(
    ("word", "description"),
    [
        ("Red Fox", "a fox"),  # its usual name counts before the other name of another class
        ("vulpes  Vulpes", "a fox"),
        ("crane", ""),  # two senses
        ("bat", ""),  # the class of that usual name has no description to give
        ("dog", ""),
    ],
)
def test_word_has_the_description_of_the_one_class_of_its_name(word: str, description: str):
    (found,) = with_known_descriptions(ClassTexts([ClassText("w", (word,))]), KNOWN)
    assert found == ClassText("w", (word,), description)


def test_own_description_stays_and_an_empty_table_describes_nothing():
    texts = ClassTexts([ClassText("a", ("crane",), "mine"), ClassText("b", ("red fox",))])
    assert with_known_descriptions(texts, KNOWN)[0].description == "mine"
    assert with_known_descriptions(texts, ()) == texts
