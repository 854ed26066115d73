"""Categories of the toy world: opaque names, what they look like, and which are never labelled."""

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from iclip.toy.random_streams import Stream, generator
from iclip.toy.vocabulary import SHAPES, TEXTURES, dictionary_description

Split = Literal["seen", "new_combination", "new_word"]
SPLITS: tuple[Split, ...] = ("seen", "new_combination", "new_word")

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_NAME_DISTANCE = 3  # letters in which any two names differ at least


@dataclass(frozen=True)
class Category:
    """One shape in one texture.

    Attributes:
        id: Folder name and key of the class-text table, such as `t00017`.
        name: Opaque pseudo-word that says nothing about the look.
        description: What it looks like, in dictionary words.
        shape: Key of `vocabulary.SHAPES`.
        texture: Key of `vocabulary.TEXTURES`.
        split: `seen` is labelled in training. `new_combination` is not, although its shape and its
            texture are labelled in other combinations. `new_word` is not, and its shape never is.
    """

    id: str
    name: str
    description: str
    shape: str
    texture: str
    split: Split

    def to_json(self) -> dict[str, str]:
        """Return the entry of `world.json`."""
        return asdict(self)


def make_categories(seed: int, new_word_shapes: int) -> tuple[Category, ...]:
    """Make all shape-texture categories: seen first, then new combinations, then new words.

    Args:
        seed: World seed; it decides the names and which categories are held out.
        new_word_shapes: Number of shapes that are never labelled in any texture.

    Returns:
        One category for each shape and texture, ordered by split, shape, texture.
    """
    rng = generator(seed, Stream.CATEGORIES)
    names = pseudo_words(rng, len(SHAPES) * len(TEXTURES))
    splits = _split_looks(rng, new_word_shapes)
    looks = sorted(splits, key=lambda look: SPLITS.index(splits[look]))
    return tuple(
        Category(
            id=f"t{index:05d}",
            name=names[index],
            description=dictionary_description(shape, texture),
            shape=shape,
            texture=texture,
            split=splits[shape, texture],
        )
        for index, (shape, texture) in enumerate(looks)
    )


def _split_looks(rng: np.random.Generator, new_word_shapes: int) -> dict[tuple[str, str], Split]:
    """Decide at random which combinations of shape and texture are never labelled."""
    shapes, textures = list(SHAPES), list(TEXTURES)
    new_words = {shapes[i] for i in rng.permutation(len(shapes))[:new_word_shapes]}
    # Each labelled shape lacks one texture, dealt from a shuffled deck, so that all textures are
    # missing about equally often.
    deck = [textures[i] for i in rng.permutation(len(textures))]
    labelled = [shape for shape in shapes if shape not in new_words]
    missing = {shape: deck[i % len(deck)] for i, shape in enumerate(labelled)}

    def split_of(shape: str, texture: str) -> Split:
        if shape in new_words:
            return "new_word"
        return "new_combination" if missing[shape] == texture else "seen"

    return {(shape, texture): split_of(shape, texture) for shape in shapes for texture in textures}


def pseudo_words(rng: np.random.Generator, count: int) -> list[str]:
    """Draw pronounceable words; any two differ in at least three letters."""
    words: list[str] = []
    while len(words) < count:
        # Three times a consonant and a vowel.
        letters = [
            (_VOWELS if i % 2 else _CONSONANTS)[int(n)]
            for i, n in enumerate(rng.integers(0, [len(_CONSONANTS), len(_VOWELS)] * 3))
        ]
        word = "".join(letters)
        if all(sum(a != b for a, b in zip(word, w, strict=True)) >= _NAME_DISTANCE for w in words):
            words.append(word)
    return words
