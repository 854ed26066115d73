"""The words of the toy world: what its shapes, textures, colors and grounds are called."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShapeWords:
    """Nouns for one shape: first the dictionary's, then those that occur in captions only."""

    nouns: tuple[str, ...]


@dataclass(frozen=True)
class TextureWords:
    """Phrases for one texture.

    Attributes:
        suffixes: Phrases after the noun, first the dictionary's.
        adjectives: Words before the noun, in captions only.
    """

    suffixes: tuple[str, ...]
    adjectives: tuple[str, ...]


SHAPES: dict[str, ShapeWords] = {
    "disc": ShapeWords(("disc", "circle")),
    "square": ShapeWords(("square", "box")),
    "triangle": ShapeWords(("triangle", "pyramid")),
    "star": ShapeWords(("five-pointed star", "star")),
    "heart": ShapeWords(("heart", "valentine")),
    "crescent": ShapeWords(("crescent", "half moon")),
    "cross": ShapeWords(("cross", "plus sign")),
    "arrow": ShapeWords(("arrow", "upward pointer")),
    "flower": ShapeWords(("flower", "blossom")),
    "fish": ShapeWords(("fish", "goldfish")),
    "hourglass": ShapeWords(("hourglass", "egg timer")),
    "crown": ShapeWords(("crown", "tiara")),
}

TEXTURES: dict[str, TextureWords] = {
    "plain": TextureWords(("with a plain surface", "without any pattern"), ("plain", "solid")),
    "horizontal_stripes": TextureWords(
        ("covered with horizontal stripes", "with bars from side to side"),
        ("horizontally striped",),
    ),
    "vertical_stripes": TextureWords(
        ("covered with vertical stripes", "with bars from top to bottom"),
        ("vertically striped",),
    ),
    "dots": TextureWords(("covered with dots", "full of spots"), ("dotted", "spotted")),
    "checks": TextureWords(
        ("covered with checks", "in a chessboard pattern"), ("checkered", "chequered")
    ),
    "rings": TextureWords(
        ("covered with concentric rings", "with rings inside rings"), ("ringed", "target-like")
    ),
}

# RGB, saturated enough that each color keeps its name in every light of the scenes.
COLORS: dict[str, tuple[int, int, int]] = {
    "red": (214, 38, 40),
    "orange": (246, 140, 24),
    "yellow": (246, 220, 40),
    "green": (36, 150, 52),
    "turquoise": (40, 200, 196),
    "blue": (40, 72, 208),
    "purple": (122, 42, 160),
    "pink": (250, 140, 190),
}

GROUNDS: dict[str, tuple[str, ...]] = {
    "wall": ("in front of a wall", "against a grey wall"),  # codespell:ignore grey
    "sky": ("in the sky", "against a cloudy sky"),
    "grass": ("on the grass", "on a lawn of grass"),
    "sand": ("on the sand", "lying on sand"),
    "water": ("on the water", "floating on water"),
    "wood": ("on a wooden table", "on wooden boards"),
}
"""Kinds of background, and the captions' phrases for them."""


def with_article(phrase: str) -> str:
    """Put the indefinite article before a noun phrase: 'an hourglass', 'a star'."""
    vowel_sound = phrase[0] in "aeio" or phrase.startswith(("hourglass", "upward"))
    return f"{'an' if vowel_sound else 'a'} {phrase}"


def dictionary_description(shape: str, texture: str) -> str:
    """Describe what a category looks like, always in the same words.

    Args:
        shape: Key of `SHAPES`.
        texture: Key of `TEXTURES`.
    """
    return f"{with_article(SHAPES[shape].nouns[0])} {TEXTURES[texture].suffixes[0]}"
