"""A tiny world, drawn once for all tests of the formats."""

from pathlib import Path

import pytest

from iclip.toy.build import make_world
from iclip.toy.world import World, WorldConfig

TINY = WorldConfig(
    seed=3,
    labelled_per_class=2,
    val_per_class=1,
    pairs=50,
    pairs_per_shard=20,
    retrieval_images=40,
    lvis_train_images=90,
    lvis_val_images=30,
    ade20k_train_images=12,
    ade20k_val_images=5,
    kinetics_train_clips=10,
    kinetics_val_clips=8,
    clip_frames=8,
)


@pytest.fixture(scope="session")
def tiny() -> World:
    return World(TINY)


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("worlds") / "toy"
    make_world(root, TINY, workers=1)
    return root
