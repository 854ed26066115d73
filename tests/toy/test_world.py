import json
from dataclasses import fields

import pytest

from iclip.toy.world import World, WorldConfig


def test_default_world_has_fifty_labelled_categories() -> None:
    world = World(WorldConfig())
    assert [len(world.split(s)) for s in ("seen", "new_combination", "new_word")] == [50, 10, 12]


def test_every_knob_says_what_it_does() -> None:
    assert all(knob.metadata["help"] for knob in fields(WorldConfig))


def test_json_restores_the_settings() -> None:
    config = WorldConfig(seed=5, noise=3.5, pairs_without_new_combinations=True)
    assert WorldConfig(**json.loads(World(config).to_json())["config"]) == config


def test_json_tells_the_looks_and_splits_of_all_categories() -> None:
    record = json.loads(World(WorldConfig(seed=2)).to_json())
    looks = {(c["shape"], c["texture"]) for c in record["categories"]}
    words = record["vocabulary"]
    assert looks == {(s, t) for s in words["shapes"] for t in words["textures"]}
    assert {c["split"] for c in record["categories"]} == {"seen", "new_combination", "new_word"}


def test_control_experiment_hides_new_combinations_but_not_new_words() -> None:
    world = World(WorldConfig(pairs_without_new_combinations=True))
    shown = {c.split for c in world.categories if (c.shape, c.texture) in world.pair_looks}
    assert shown == {"seen", "new_word"}
    assert len(World(WorldConfig()).pair_looks) == 72


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"pairs": 0}, r"--pairs 0 is not allowed: give a value at least 1"),
        ({"seed": -1}, r"--seed -1 is not allowed: give a value at least 0"),
        ({"new_word_shapes": 11}, r"--new-word-shapes 11 .* from 0 to 10"),
        ({"image_size": 8}, r"--image-size 8 .* from 16 to 256"),
        ({"scene_width": 999}, r"--scene-width 999 .* from 16 to 256"),
        ({"retrieval_images": 5000}, r"--retrieval-images 5000 .* from 0 to 1500"),
        ({"pairs_per_shard": 20_000}, r"--pairs-per-shard 20000 .* from 1 to 10000"),
        ({"caption_name_rate": 1.2}, r"--caption-name-rate 1.2 .* from 0 to 1"),
        ({"clip_size": 65}, r"--clip-size 65 is odd.*take an even size"),
        ({"min_object_size": 0.9}, r"--min-object-size 0.9 is above --max-object-size 0.85"),
        ({"one_object_rate": 0.8}, r"--one-object-rate 0.8 and --two-object-rate 0.3 add up"),
    ],
)
def test_bad_knob_is_named_with_what_is_allowed(knobs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WorldConfig(**knobs)
