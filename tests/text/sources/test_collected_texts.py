"""A class text that is repeated is kept once, and one that contradicts another is refused."""

import pytest

from iclip.text.class_texts import ClassText
from iclip.text.sources.collected_texts import merge_repeated

ANT = ClassText("n1", ("ant",), "small insect")
BEE = ClassText("n2", ("bee",), "insect that makes honey")
WASP = ClassText("n2", ("wasp",), "insect that stings")


def test_repeated_text_keeps_its_first_place():
    merged = merge_repeated([BEE, ANT, BEE, BEE], "a.csv")
    assert merged.texts == (BEE, ANT)
    assert merged.repeated == ("n2",)


def test_other_texts_stay_as_they_are():
    merged = merge_repeated(iter([ANT, BEE]), "a.csv")
    assert (merged.texts, merged.repeated) == ((ANT, BEE), ())


def test_id_with_two_texts_is_refused():
    with pytest.raises(ValueError, match=r"^a\.csv: 1 ids have several texts: n2$"):
        merge_repeated([ANT, BEE, WASP, ANT], "a.csv")
