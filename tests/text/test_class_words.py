"""Names of classes as words."""

import pytest

from iclip.text.class_words import class_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ApplyEyeMakeup", "apply eye makeup"),  # UCF-101
        ("YoYo", "yo yo"),
        ("HandstandPushups", "handstand pushups"),
        ("brush_hair", "brush hair"),  # HMDB-51
        ("sword_exercise", "sword exercise"),
        ("clap", "clap"),
        ("TVShow", "tv show"),
        ("Golf3Swing", "golf3 swing"),
        ("massaging person's head", "massaging person's head"),  # Kinetics-400
        ("playing  Wii ", "playing Wii"),
        ("FußballSpielen", "fußball spielen"),
        ("__", ""),
    ],
)
def test_name_becomes_words(name: str, words: str):
    assert class_words(name) == words
