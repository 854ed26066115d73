import pytest

from iclip.toy.backgrounds import KINDS
from iclip.toy.shapes import OUTLINES, PEBBLE
from iclip.toy.textures import PATTERNS
from iclip.toy.vocabulary import GROUNDS, SHAPES, TEXTURES, with_article


def test_every_word_has_something_to_draw() -> None:
    assert set(OUTLINES) == {*SHAPES, PEBBLE}
    assert set(PATTERNS) == set(TEXTURES)
    assert set(GROUNDS) == set(KINDS)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("star", "a star"),
        ("arrow", "an arrow"),
        ("orange disc", "an orange disc"),
        ("hourglass", "an hourglass"),
        ("half moon", "a half moon"),
        ("upward pointer", "an upward pointer"),
    ],
)
def test_article_fits_the_sound_of_the_next_word(phrase: str, expected: str) -> None:
    assert with_article(phrase) == expected
