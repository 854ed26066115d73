"""Write captions of scenes, in many phrasings."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from iclip.toy.random_streams import pick
from iclip.toy.scenes import Look, Scene, SceneObject
from iclip.toy.vocabulary import GROUNDS, SHAPES, TEXTURES, with_article

# Templates for one, two and three objects: {a}, {b} and {c} are the scene's subjects in order, and
# {ground} is empty where the caption does not name the background.
_ONE = (
    "{a}",
    "{a} {ground}",
    "a photo of {a}",
    "a picture of {a} {ground}",
    "there is {a} {ground}",
    "this picture shows {a}",
    "here is {a} {ground}",
    "we see {a} {ground}",
    "a close view of {a}",
    "{a} is shown {ground}",
    "look at this: {a} {ground}",
    "one thing {ground}: {a}",
)
_LEFT = (
    "{a} to the left of {b} {ground}",
    "{b} to the right of {a} {ground}",
    "{a} on the left and {b} on the right {ground}",
    "a photo of {a} left of {b} {ground}",
    "there is {b} right of {a} {ground}",
    "{ground}, {a} is left of {b}",
    "this picture shows {a} with {b} on its right {ground}",
)
_ABOVE = (
    "{a} above {b} {ground}",
    "{b} below {a} {ground}",
    "{a} at the top and {b} at the bottom {ground}",
    "a photo of {a} over {b} {ground}",
    "there is {b} under {a} {ground}",
    "{ground}, {a} is above {b}",
    "this picture shows {a} with {b} underneath {ground}",
)
_TWO = (
    "{a} and {b} {ground}",
    "{b} and {a} {ground}",
    "a photo of {a} next to {b} {ground}",
    "there are two things {ground}: {b} and {a}",
    "{a} together with {b} {ground}",
    "this picture shows {b} with {a} {ground}",
    "we see {a} and also {b} {ground}",
)
_THREE = (
    "{a}, {b} and {c} {ground}",
    "{b}, {c} and {a} {ground}",
    "a photo of {c}, {a} and {b} {ground}",
    "three things {ground}: {a}, {c} and {b}",
    "there are {c}, {b} and {a} {ground}",
)
_DICTIONARY_RATE = 0.6  # share of nouns and suffixes in the dictionary's words
_CAPITALIZED_RATE = 0.3
_ADJECTIVE_RATE = 0.3  # share of the textures that are named before the noun


@dataclass(frozen=True)
class CaptionStyle:
    """How often captions mention a property; the shape or the category's name is always there.

    Attributes:
        color_rate: Share of objects whose color is mentioned.
        texture_rate: Share of objects whose texture is mentioned.
        ground_rate: Share of captions that name the background.
        position_rate: Share of captions of two objects that say where they lie.
        name_rate: Share of objects of named categories that have the opaque name.
        names: The opaque names that captions may use.
    """

    color_rate: float
    texture_rate: float
    ground_rate: float
    position_rate: float
    name_rate: float
    names: Mapping[Look, str]


FULL_CAPTIONS = CaptionStyle(
    color_rate=1, texture_rate=1, ground_rate=1, position_rate=1, name_rate=0, names={}
)
"""Mentions every attribute, and has no opaque names."""


def caption(rng: np.random.Generator, scene: Scene, style: CaptionStyle) -> str:
    """Write one sentence about a scene.

    Args:
        rng: The image's generator.
        scene: One to three named objects.
        style: How often the caption mentions a property.

    Returns:
        The sentence, sometimes capitalized and with a full stop.
    """
    phrases = {
        letter: object_phrase(rng, obj, style)
        for letter, obj in zip("abc", scene.subjects, strict=False)
    }
    positioned = scene.relation is not None and rng.random() < style.position_rate
    template = pick(rng, _templates(scene, positioned, style.ground_rate == 1))
    named_ground = "{ground}" in template and rng.random() < style.ground_rate
    ground = pick(rng, GROUNDS[scene.background.kind]) if named_ground else ""
    sentence = _tidy(template.format(**phrases, ground=ground))
    if rng.random() < _CAPITALIZED_RATE:
        sentence = sentence[0].upper() + sentence[1:] + "."
    return sentence


def _tidy(sentence: str) -> str:
    """Remove what an empty slot or an apposition at the end leaves behind."""
    sentence = " ".join(sentence.split())
    for wrong, right in ((" :", ":"), (" ,", ","), (",,", ",")):
        sentence = sentence.replace(wrong, right)
    return sentence.strip(", ")


def _templates(scene: Scene, positioned: bool, grounded: bool) -> tuple[str, ...]:
    """Return the templates that fit a scene; if `grounded`, those that name the background."""
    templates = (_ONE, _TWO, _THREE)[len(scene.subjects) - 1]
    if positioned:
        templates = _LEFT if scene.relation == "left" else _ABOVE
    return tuple(t for t in templates if "{ground}" in t) if grounded else templates


def object_phrase(rng: np.random.Generator, obj: SceneObject, style: CaptionStyle) -> str:
    """Write a noun phrase with its article: 'a red star covered with dots'."""
    color = obj.color if rng.random() < style.color_rate else ""
    texture = rng.random() < style.texture_rate
    name = style.names.get((obj.shape, obj.texture))
    if name is None or rng.random() >= style.name_rate:
        return _described(rng, obj, color, texture)
    # The name alone, or with an apposition that says what it looks like.
    if rng.random() < 0.5:
        return with_article(f"{color} {name}".strip())
    return f"{with_article(name)}, {_described(rng, obj, color, texture)},"


def _described(rng: np.random.Generator, obj: SceneObject, color: str, texture: bool) -> str:
    """Describe an object by its shape, its color unless empty, and its texture if asked for."""
    noun = _phrasing(rng, SHAPES[obj.shape].nouns)
    if not texture:
        return with_article(f"{color} {noun}".strip())
    words = TEXTURES[obj.texture]
    if rng.random() < _ADJECTIVE_RATE:
        adjective = pick(rng, words.adjectives)
        order = (adjective, color) if rng.random() < 0.5 else (color, adjective)
        return with_article(" ".join((*filter(None, order), noun)))
    return f"{with_article(f'{color} {noun}'.strip())} {_phrasing(rng, words.suffixes)}"


def _phrasing(rng: np.random.Generator, phrasings: tuple[str, ...]) -> str:
    """Draw a phrasing; the first, the dictionary's, is more frequent than the others."""
    if rng.random() < _DICTIONARY_RATE:
        return phrasings[0]
    return pick(rng, phrasings[1:])
