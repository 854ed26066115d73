"""Objects of random scenes lie where they can be seen, and related as the scene says."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from iclip.toy.backgrounds import LOWER_KINDS
from iclip.toy.sampling import (
    sample_background,
    sample_crowd,
    sample_group,
    sample_light,
    sample_portrait,
    with_clutter,
)
from iclip.toy.scenes import Scene, SceneStyle
from iclip.toy.shapes import PEBBLE

STYLE = SceneStyle(rotation=15, distractor_rate=0, occlusion_rate=0, horizon_rate=0.5, noise=6)
LOOKS = [("disc", "dots"), ("star", "plain"), ("fish", "checks")]
SEEDS = range(30)


def scene_of(seed: int, count: int, **rates: float) -> Scene:
    return sample_group(np.random.default_rng(seed), LOOKS[:count], replace(STYLE, **rates))


@pytest.mark.parametrize("sizes", [(0.3, 0.5), (0.8, 1.0)])
def test_portrait_lies_within_the_image(sizes: tuple[float, float]) -> None:
    for seed in SEEDS:
        scene = sample_portrait(np.random.default_rng(seed), LOOKS[0], STYLE, sizes)
        (subject,) = scene.objects
        assert sizes[0] <= subject.size <= sizes[1]
        for center in (subject.x, subject.y):
            assert center - subject.size / 2 >= -1e-9
            assert center + subject.size / 2 <= 1 + 1e-9


def test_portrait_has_the_asked_color_and_ground() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        scene = sample_portrait(rng, LOOKS[0], STYLE, (0.5, 0.6), "red", "sand")
        assert (scene.objects[0].color, scene.background.kind) == ("red", "sand")


def test_two_objects_lie_as_their_relation_says() -> None:
    relations = set()
    for seed in SEEDS:
        scene = scene_of(seed, 2)
        first, second = scene.objects
        across, down = second.x - first.x, second.y - first.y
        assert (across if scene.relation == "left" else down) > 0.3
        relations.add(scene.relation)
    assert relations == {"left", "above"}


def test_three_objects_have_no_relation() -> None:
    assert all(scene_of(seed, 3).relation is None for seed in SEEDS)


@pytest.mark.parametrize("count", [2, 3])
def test_group_has_the_asked_looks_in_their_order(count: int) -> None:
    for seed in SEEDS:
        assert [(o.shape, o.texture) for o in scene_of(seed, count).subjects] == LOOKS[:count]


@pytest.mark.parametrize("aspect", [0.6, 1.0, 1.6])
def test_crowd_hides_no_object_entirely(aspect: float) -> None:
    """Lengths are in shares of the shorter side; smaller objects come later, so in front."""
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        objects = sample_crowd(rng, LOOKS * 3, STYLE, (0.2, 0.5), aspect).objects
        assert [o.size for o in objects] == sorted((o.size for o in objects), reverse=True)
        for one, other in combinations(objects, 2):
            across = (one.x - other.x) * max(aspect, 1)
            down = (one.y - other.y) / min(aspect, 1)
            assert (across**2 + down**2) ** 0.5 > 0.36 * (one.size + other.size)


def test_crowd_keeps_its_first_object_where_there_is_no_room() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        objects = sample_crowd(rng, LOOKS * 5, STYLE, (0.9, 1.0), 1.0).objects
        assert LOOKS[0] in [(o.shape, o.texture) for o in objects]
        assert len(objects) < 15


@pytest.mark.parametrize(
    ("behind", "before", "expected"), [(0, 0, "OO"), (1, 0, "-OO"), (0, 1, "OO-"), (1, 1, "-OO-")]
)
def test_clutter_lies_behind_and_before_the_objects(
    behind: float, before: float, expected: str
) -> None:
    style = replace(STYLE, distractor_rate=behind, occlusion_rate=before)
    for seed in SEEDS:
        subjects = scene_of(seed, 2).objects
        objects = with_clutter(np.random.default_rng(seed), subjects, style)
        assert "".join("-" if o.shape == PEBBLE else "O" for o in objects) == expected


def test_clutter_is_not_a_subject() -> None:
    plain, cluttered = (scene_of(1, 3, distractor_rate=r, occlusion_rate=r) for r in (0, 1))
    assert len(cluttered.objects) == 5
    assert cluttered.subjects == plain.objects


def test_only_ground_has_a_horizon() -> None:
    style = replace(STYLE, horizon_rate=1)
    for seed in SEEDS:
        background = sample_background(np.random.default_rng(seed), style)
        assert (background.above is not None) == (background.kind in LOWER_KINDS)


def test_noise_stays_within_the_style() -> None:
    noises = [sample_light(np.random.default_rng(seed), STYLE).noise for seed in SEEDS]
    assert min(noises) >= 1.2 and max(noises) <= 6
