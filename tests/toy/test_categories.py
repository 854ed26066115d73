from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from iclip.toy.categories import make_categories, pseudo_words
from iclip.toy.vocabulary import SHAPES, TEXTURES


def labelled(seed: int) -> list:
    return [c for c in make_categories(seed, 2) if c.split == "seen"]


@pytest.mark.parametrize("seed", range(4))
def test_labelled_shapes_miss_one_texture_each_and_new_words_are_whole_shapes(seed: int) -> None:
    shapes = Counter(c.shape for c in labelled(seed))
    assert len(shapes) == len(SHAPES) - 2
    assert set(shapes.values()) == {len(TEXTURES) - 1}


@pytest.mark.parametrize("seed", range(4))
def test_every_texture_is_labelled_with_most_shapes(seed: int) -> None:
    textures = Counter(c.texture for c in labelled(seed))
    assert set(textures) == set(TEXTURES)
    assert min(textures.values()) >= len(SHAPES) - 2 - 2


def test_words_of_new_combinations_are_all_described_and_those_of_new_words_are_not() -> None:
    categories = make_categories(0, 2)
    words = {w for c in categories if c.split == "seen" for w in c.description.split()}
    for category in categories:
        if category.split == "new_combination":
            assert set(category.description.split()) <= words | {"an"}
        if category.split == "new_word":
            assert set(SHAPES[category.shape].nouns[0].split()) - words


def test_ids_follow_the_order_of_the_splits() -> None:
    categories = make_categories(0, 2)
    assert [c.id for c in categories] == [f"t{i:05d}" for i in range(72)]
    assert [c.split for c in categories] == ["seen"] * 50 + ["new_combination"] * 10 + [
        "new_word"
    ] * 12


def test_names_are_single_words_that_differ_in_three_letters() -> None:
    names = pseudo_words(np.random.default_rng(0), 72)
    assert all(name.isalpha() and name.islower() for name in names)
    assert all(
        sum(x != y for x, y in zip(a, b, strict=True)) >= 3 for a, b in combinations(names, 2)
    )


def test_names_say_nothing_about_the_look() -> None:
    nouns = {w for words in SHAPES.values() for noun in words.nouns for w in noun.split()}
    assert not nouns & {c.name for c in make_categories(0, 2)}


def test_seed_decides_names_and_held_out_shapes() -> None:
    worlds = [make_categories(seed, 2) for seed in range(6)]
    assert len({tuple(c.name for c in world) for world in worlds}) == 6
    assert len({frozenset(c.shape for c in w if c.split == "new_word") for w in worlds}) > 1
    assert make_categories(1, 2) == worlds[1]


def test_descriptions_tell_all_categories_apart() -> None:
    descriptions = {c.description for c in make_categories(0, 2)}
    assert len(descriptions) == 72
    assert "an hourglass covered with dots" in descriptions
    assert "a five-pointed star with a plain surface" in descriptions
