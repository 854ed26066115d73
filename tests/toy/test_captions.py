"""The oracle: words are looked for in the sentence, one phrase of the vocabulary each."""

from collections.abc import Iterable

import numpy as np
import pytest

from iclip.toy.captions import FULL_CAPTIONS, caption
from iclip.toy.pairs import sample_pair
from iclip.toy.sampling import sample_group
from iclip.toy.scenes import SceneStyle
from iclip.toy.vocabulary import COLORS, GROUNDS, SHAPES, TEXTURES
from iclip.toy.world import World, WorldConfig

WORLD = World(WorldConfig(seed=1))
NAMED = World(WorldConfig(seed=1, caption_name_rate=1.0))
SAMPLES = [sample_pair(WORLD, index) for index in range(1500)]
STYLE = SceneStyle(15, 0, 0, 0.25, 5)


def mentions(text: str, phrases: Iterable[str]) -> bool:
    padded = " " + text.lower().translate(str.maketrans("", "", ",.:")) + " "
    return any(f" {phrase} " in padded for phrase in phrases)


def texture_phrases(texture: str) -> tuple[str, ...]:
    return (*TEXTURES[texture].suffixes, *TEXTURES[texture].adjectives)


def test_captions_name_every_shape_that_is_shown_or_its_category() -> None:
    names = {(c.shape, c.texture): c.name for c in WORLD.categories}
    for scene, text in SAMPLES:
        for obj in scene.subjects:
            assert mentions(text, (*SHAPES[obj.shape].nouns, names[obj.shape, obj.texture]))


def test_captions_name_no_shape_texture_or_color_that_is_not_shown() -> None:
    for scene, text in SAMPLES:
        shapes = {obj.shape for obj in scene.subjects}
        textures = {obj.texture for obj in scene.subjects}
        colors = {obj.color for obj in scene.subjects}
        assert not [s for s in SHAPES if s not in shapes and mentions(text, SHAPES[s].nouns)]
        assert not [t for t in TEXTURES if t not in textures and mentions(text, texture_phrases(t))]
        assert not [c for c in COLORS if c not in colors and mentions(text, [c])]


def test_captions_name_no_other_ground() -> None:
    for scene, text in SAMPLES:
        kind = scene.background.kind
        assert not [g for g in GROUNDS if g != kind and mentions(text, GROUNDS[g])]


def test_rates_of_what_is_said_are_those_of_the_settings() -> None:
    single = [(s.subjects[0], t) for s, t in SAMPLES if len(s.subjects) == 1]
    assert len(single) / len(SAMPLES) == pytest.approx(0.6, abs=0.04)
    colors = np.mean([mentions(text, [obj.color]) for obj, text in single])
    assert colors == pytest.approx(0.55, abs=0.05)
    # Half of the tenth that goes by an opaque name says no texture.
    textures = np.mean([mentions(text, texture_phrases(obj.texture)) for obj, text in single])
    assert textures == pytest.approx(0.8, abs=0.07)


def test_opaque_names_of_never_labelled_categories_are_never_used() -> None:
    hidden = {c.name for c in NAMED.categories if c.split != "seen"}
    texts = [sample_pair(NAMED, index)[1] for index in range(1000)]
    used = {w.strip(",.:") for text in texts for w in text.lower().split()}
    assert not hidden & used
    assert {c.name for c in NAMED.split("seen")} <= used


def test_opaque_name_says_what_is_shown() -> None:
    names = {(c.shape, c.texture): c.name for c in NAMED.split("seen")}
    for index in range(300):
        scene, text = sample_pair(NAMED, index)
        for obj in scene.subjects:
            name = names.get((obj.shape, obj.texture))
            assert name is None or mentions(text, [name])


def test_no_names_at_rate_zero() -> None:
    plain = World(WorldConfig(seed=1, caption_name_rate=0.0))
    used = {w.strip(",.:") for i in range(500) for w in sample_pair(plain, i)[1].lower().split()}
    assert not {c.name for c in plain.categories} & used


@pytest.mark.parametrize("seed", range(40))
def test_full_captions_say_everything_and_the_right_position(seed: int) -> None:
    rng = np.random.default_rng(seed)
    looks = [("disc", "dots"), ("fish", "plain")]
    scene = sample_group(rng, looks, STYLE, ["red", "blue"], "sand")
    text = caption(rng, scene, FULL_CAPTIONS).lower()
    disc, fish = scene.subjects
    for obj in (disc, fish):
        assert mentions(text, SHAPES[obj.shape].nouns) and mentions(text, [obj.color])
        assert mentions(text, texture_phrases(obj.texture))
    assert mentions(text, GROUNDS["sand"])
    first_is_disc = text.index("red") < text.index("blue")
    first, second = (disc, fish) if first_is_disc else (fish, disc)
    if any(phrase in text for phrase in ("left of", "on the left", "on its right")):
        assert first.x < second.x
    elif "right of" in text:
        assert first.x > second.x
    elif any(phrase in text for phrase in (" above ", "at the top", " over ", "underneath")):
        assert first.y < second.y
    else:
        assert any(phrase in text for phrase in (" below ", " under ")) and first.y > second.y


def test_sentences_are_tidy() -> None:
    for text in (text for _, text in (*SAMPLES, *(sample_pair(NAMED, i) for i in range(500)))):
        assert text == " ".join(text.split()) and text[0] not in " ,:"
        assert not any(wrong in text for wrong in (" ,", ",,", ",.", " :", "{", "}"))
        assert not text.endswith(",")
