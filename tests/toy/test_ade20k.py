from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.toy.ade20k import label_map, sample_scene
from iclip.toy.rendering import render
from iclip.toy.vocabulary import GROUNDS, SHAPES
from iclip.toy.world import World

CLASSES = [*SHAPES, *GROUNDS]


@pytest.mark.parametrize(("split", "prefix", "count"), [
    ("training", "ADE_train_", 12), ("validation", "ADE_val_", 5),
])  # fmt: skip
def test_images_and_label_maps_come_in_pairs(
    tiny_root: Path, split: str, prefix: str, count: int
) -> None:
    images = sorted((tiny_root / "ade20k" / "images" / split).iterdir())
    labels = sorted((tiny_root / "ade20k" / "annotations" / split).iterdir())
    assert [p.stem for p in images] == [p.stem for p in labels]
    assert len(images) == count and images[0].name == f"{prefix}00000001.jpg"
    for image, label in zip(images, labels, strict=True):
        assert Image.open(image).size == Image.open(label).size == (160, 128)
        assert Image.open(label).mode == "L"
        assert np.asarray(Image.open(label)).max() <= 18


def test_label_maps_name_what_is_shown(tiny: World, tiny_root: Path) -> None:
    folder = tiny_root / "ade20k" / "annotations" / "training"
    for index, path in enumerate(sorted(folder.iterdir())):
        scene = sample_scene(tiny, "training", index)
        shown = {scene.background.kind, scene.background.above} - {None}
        shown |= {obj.shape for obj in scene.subjects}
        found = {CLASSES[label - 1] for label in np.unique(np.asarray(Image.open(path))) if label}
        assert found == shown


def test_clutter_has_no_class(tiny: World) -> None:
    for index in range(12):
        scene = sample_scene(tiny, "training", index)
        masks = render(scene, 128, 160, np.random.default_rng(0))[1]
        clutter = [n for n, o in enumerate(scene.objects, 1) if o not in scene.subjects]
        expected = np.isin(masks.instances[::2, ::2], clutter)
        assert ((label_map(scene, masks) == 0) == expected).all()


def test_list_of_classes_counts_what_the_label_maps_hold(tiny_root: Path) -> None:
    lines = (tiny_root / "ade20k" / "objectInfo18.txt").read_text().splitlines()
    assert lines[0].split("\t") == ["Idx", "Ratio", "Train", "Val", "Stuff", "Name"]
    rows = [line.split("\t") for line in lines[1:]]
    assert [int(row[0]) for row in rows] == list(range(1, 19))
    assert [row[5] for row in rows] == [*(w.nouns[0] for w in SHAPES.values()), *GROUNDS]
    assert [row[4] for row in rows] == ["0"] * 12 + ["1"] * 6
    labels = {
        split: [
            np.asarray(Image.open(p))
            for p in (tiny_root / "ade20k" / "annotations" / split).iterdir()
        ]
        for split in ("training", "validation")
    }
    pixels = np.stack(labels["training"] + labels["validation"])
    for row in rows:
        index = int(row[0])
        assert float(row[1]) == pytest.approx((pixels == index).mean(), abs=1e-4)
        assert int(row[2]) == sum((index == label).any() for label in labels["training"])
        assert int(row[3]) == sum((index == label).any() for label in labels["validation"])
