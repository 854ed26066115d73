"""Maps and lists by look, held against the scenes' own maps and the lists of motions."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.text.class_texts import read_class_texts
from iclip.text.prompts import compose
from iclip.text.tokenizer import CLIPTokenizer
from iclip.toy import kinetics
from iclip.toy.ade20k import sample_scene
from iclip.toy.kinetics import MOTIONS
from iclip.toy.open_vocabulary import scene_classes
from iclip.toy.vocabulary import GROUNDS, SHAPES
from iclip.toy.world import World


def listed(root: Path, part: str, split: str) -> dict[str, int]:
    lines = (root / part / f"{split}.txt").read_text().splitlines()
    return {path: int(label) for path, label in map(str.split, lines)}


@pytest.mark.parametrize(("split", "count"), [("training", 12), ("validation", 5)])
def test_maps_of_looks_are_the_maps_of_shapes_with_textures(
    tiny: World, tiny_root: Path, split: str, count: int
) -> None:
    shapes = [*SHAPES, *GROUNDS]
    coarser = [0] + [
        1 + shapes.index(c if isinstance(c, str) else c.shape) for c in scene_classes(tiny)
    ]
    maps = sorted((tiny_root / "open_vocabulary/annotations" / split).iterdir())
    assert len(maps) == count
    for path in maps:
        looks = np.asarray(Image.open(path))
        shown = np.asarray(Image.open(tiny_root / "ade20k/annotations" / split / path.name))
        assert (np.array(coarser)[looks] == shown).all()


def test_looks_of_a_map_are_those_of_its_scene(tiny: World, tiny_root: Path) -> None:
    classes = scene_classes(tiny)
    maps = sorted((tiny_root / "open_vocabulary/annotations/training").iterdir())
    for index, path in enumerate(maps):
        found = {classes[n - 1] for n in np.unique(np.asarray(Image.open(path))) if n}
        looks = {(c.shape, c.texture) for c in found if not isinstance(c, str)}
        assert looks == {
            (o.shape, o.texture) for o in sample_scene(tiny, "training", index).subjects
        }


def test_what_training_shows_comes_first(tiny: World, tiny_root: Path) -> None:
    folder = tiny_root / "open_vocabulary"
    texts = read_class_texts(folder / "class_texts_scenes.jsonl")
    trained = read_class_texts(folder / "class_texts_scenes_seen.jsonl")
    assert (len(texts), len(trained)) == (78, 56)
    assert list(texts)[:56] == list(trained)
    assert set(trained.ids) == {c.id for c in tiny.split("seen")} | set(GROUNDS)
    tables = [
        *read_class_texts(tiny_root / "class_texts_new_combination.jsonl"),
        *read_class_texts(tiny_root / "class_texts_new_word.jsonl"),
    ]
    assert list(texts)[56:] == tables


def test_each_clip_is_listed_once_and_training_has_seen_looks_alone(
    tiny: World, tiny_root: Path
) -> None:
    train = listed(tiny_root, "open_vocabulary/clips", "train")
    val = listed(tiny_root, "open_vocabulary/clips", "val")
    motions = [listed(tiny_root, "kinetics", split) for split in ("train", "val")]
    assert sorted([*train, *val]) == sorted([*motions[0], *motions[1]])
    assert {tiny.categories[label].split for label in train.values()} == {"seen"}
    # What training leaves of its clips is new; what validation had stays there.
    left = [label for path, label in val.items() if path in motions[0]]
    assert left and all(tiny.categories[label].split != "seen" for label in left)
    assert set(motions[1]) <= set(val)
    names = (tiny_root / "open_vocabulary/clips/labels.txt").read_text().splitlines()
    assert names == [c.name for c in tiny.categories]


def test_clip_shows_the_look_of_its_label(
    tiny: World, monkeypatch: pytest.MonkeyPatch, tiny_root: Path
) -> None:
    drawn = []

    def render(scene, *_):
        drawn.append((scene.objects[0].shape, scene.objects[0].texture))
        return (None,)

    monkeypatch.setattr(kinetics, "render", render)
    labels = listed(tiny_root, "open_vocabulary/clips", "train")
    labels |= listed(tiny_root, "open_vocabulary/clips", "val")
    for path, label in labels.items():
        split, number = Path(path).stem.split("_")
        next(kinetics.sample_frames(tiny, split, int(number)))
        category = tiny.categories[label]
        assert drawn.pop() == (category.shape, category.texture)


def test_no_two_motions_read_alike_in_the_worlds_words(tiny_root: Path) -> None:
    texts = read_class_texts(tiny_root / "open_vocabulary/class_texts_motions.jsonl")
    assert list(texts.ids) == list(MOTIONS)
    known = set(json.loads((tiny_root / "bpe_vocabulary.json").read_text()))
    rows = CLIPTokenizer()([compose(text, "a photo of a {}.") for text in texts]).tolist()
    read = [tuple(i if i in known else -1 for i in row) for row in rows]
    assert len(set(read)) == len(MOTIONS)
    names = CLIPTokenizer()([compose(text, "a photo of a {}.", "name") for text in texts]).tolist()
    alone = {tuple(i if i in known else -1 for i in row) for row in names}
    assert len(alone) < len(MOTIONS)  # why they have descriptions
