import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import webdataset
from PIL import Image

from iclip.toy.pairs import sample_pair
from iclip.toy.vocabulary import SHAPES
from iclip.toy.world import World, WorldConfig


def shards(root: Path) -> list[Path]:
    return sorted((root / "pairs").iterdir())


def test_shards_are_numbered_and_hold_all_pairs(tiny_root: Path) -> None:
    assert [p.name for p in shards(tiny_root)] == ["00000.tar", "00001.tar", "00002.tar"]
    members = []
    for path in shards(tiny_root):
        with tarfile.open(path) as shard:
            members.append(shard.getnames())
    assert [len(names) // 3 for names in members] == [20, 20, 10]
    assert members[1][:3] == ["000010000.jpg", "000010000.txt", "000010000.json"]


def test_webdataset_reads_the_shards(tiny_root: Path) -> None:
    urls = [str(path) for path in shards(tiny_root)]
    dataset = webdataset.WebDataset(urls, shardshuffle=False, empty_check=False)
    samples = list(dataset.decode("rgb8").to_tuple("jpg", "txt", "json", "__key__"))
    assert len(samples) == 50
    for image, text, record, key in samples:
        assert image.shape == (48, 48, 3) and image.dtype == np.uint8
        assert record["caption"] == text and record["key"] == key
        assert record["status"] == "success" and record["width"] == 48


def test_members_carry_no_trace_of_time_or_user(tiny_root: Path) -> None:
    with tarfile.open(shards(tiny_root)[0]) as shard:
        assert {(m.mtime, m.uid, m.uname) for m in shard.getmembers()} == {(0, 0, "")}


def test_captions_are_those_of_the_scenes(tiny: World, tiny_root: Path) -> None:
    with tarfile.open(shards(tiny_root)[2]) as shard:
        text = shard.extractfile("000020003.txt").read().decode()
        picture = Image.open(io.BytesIO(shard.extractfile("000020003.jpg").read()))
    assert text == sample_pair(tiny, 43)[1]
    assert picture.mode == "RGB"


def test_pair_does_not_depend_on_the_number_of_pairs(tiny: World) -> None:
    assert sample_pair(tiny, 7) == sample_pair(World(WorldConfig(seed=3)), 7)


def test_new_shapes_occur_in_captions_but_not_in_labelled_descriptions() -> None:
    world = World(WorldConfig(seed=1))
    captions = [f" {sample_pair(world, i)[1].lower()} " for i in range(1000)]
    described = " ".join(f" {c.description} " for c in world.split("seen"))
    for shape in {c.shape for c in world.split("new_word")}:
        for noun in SHAPES[shape].nouns:
            assert any(f" {noun}" in text for text in captions)
            assert f" {noun} " not in described


@pytest.mark.parametrize(("control", "shown"), [(False, True), (True, False)])
def test_new_combinations_are_shown_unless_kept_out(control: bool, shown: bool) -> None:
    world = World(WorldConfig(seed=1, pairs_without_new_combinations=control))
    hidden = {(c.shape, c.texture) for c in world.split("new_combination")}
    scenes = [sample_pair(world, index)[0] for index in range(500)]
    looks = {(obj.shape, obj.texture) for scene in scenes for obj in scene.subjects}
    assert bool(looks & hidden) == shown
