"""The fields are those of the LVIS v1 files; masks are recomputed from polygons, edge by edge."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from iclip.toy.lvis import category_shares, frequency, sample_scene
from iclip.toy.rendering import render
from iclip.toy.world import World, WorldConfig

from .test_polygons import rasterize

SPLITS = ("train", "val")


@pytest.fixture(scope="module")
def files(tiny_root: Path) -> dict[str, dict[str, Any]]:
    return {s: json.loads((tiny_root / "lvis" / f"{s}.json").read_text()) for s in SPLITS}


@pytest.mark.parametrize("split", SPLITS)
def test_records_have_the_fields_of_lvis(files: dict, split: str) -> None:
    content = files[split]
    assert set(content) == {"info", "licenses", "categories", "images", "annotations"}
    assert set(content["images"][0]) >= {
        "id", "width", "height", "coco_url", "neg_category_ids", "not_exhaustive_category_ids",
    }  # fmt: skip
    assert set(content["annotations"][0]) == {
        "id", "image_id", "category_id", "segmentation", "bbox", "area",
    }  # fmt: skip
    assert set(content["categories"][0]) == {
        "id", "name", "synonyms", "synset", "def", "frequency", "image_count", "instance_count",
    }  # fmt: skip


@pytest.mark.parametrize("split", SPLITS)
def test_images_are_where_their_url_points(files: dict, tiny_root: Path, split: str) -> None:
    for image in files[split]["images"]:
        path = image["coco_url"].replace("http://images.cocodataset.org/", "")
        pixels = cv2.imread(str(tiny_root / "lvis" / "images" / path))
        assert pixels.shape == (image["height"], image["width"], 3) == (128, 160, 3)


def test_ids_are_unique_over_both_splits_and_annotations_refer_to_them(files: dict) -> None:
    ids = [i["id"] for s in SPLITS for i in files[s]["images"]]
    assert len(set(ids)) == len(ids) == 120
    for split in SPLITS:
        annotations = files[split]["annotations"]
        images = {i["id"] for i in files[split]["images"]}
        assert [a["id"] for a in annotations] == list(range(1, len(annotations) + 1))
        assert {a["image_id"] for a in annotations} <= images
        assert {a["category_id"] for a in annotations} <= set(range(1, 73))


def test_categories_carry_the_training_counts_in_both_files(files: dict) -> None:
    annotations = files["train"]["annotations"]
    instances = Counter(a["category_id"] for a in annotations)
    images = Counter(c for _, c in {(a["image_id"], a["category_id"]) for a in annotations})
    assert files["train"]["categories"] == files["val"]["categories"]
    for category in files["train"]["categories"]:
        assert category["instance_count"] == instances[category["id"]]
        assert category["image_count"] == images[category["id"]] > 0


def test_categories_are_named_and_defined_as_in_the_class_texts(files: dict, tiny: World) -> None:
    for entry, category in zip(files["train"]["categories"], tiny.categories, strict=True):
        assert entry["synonyms"] == [entry["name"]] == [category.name]
        assert entry["def"] == category.description
        assert entry["synset"].startswith(category.name)


@pytest.mark.parametrize(
    ("count", "group"), [(1, "r"), (10, "r"), (11, "c"), (100, "c"), (101, "f")]
)
def test_frequency_groups_have_the_limits_of_lvis(count: int, group: str) -> None:
    assert frequency(count) == group


def test_default_world_has_categories_of_all_three_groups() -> None:
    world = World(WorldConfig(seed=1))
    shares = category_shares(world)
    images = Counter(
        look
        for index in range(world.config.lvis_train_images)
        for look in {
            (o.shape, o.texture) for o in sample_scene(world, "train", index, shares).subjects
        }
    )
    groups = Counter(frequency(images[c.shape, c.texture]) for c in world.categories)
    assert groups["r"] >= 10 and groups["c"] >= 20 and groups["f"] >= 2


@pytest.mark.parametrize("split", SPLITS)
def test_negative_categories_are_not_in_the_picture(files: dict, tiny: World, split: str) -> None:
    shares = category_shares(tiny)
    for index, image in enumerate(files[split]["images"]):
        scene = sample_scene(tiny, split, index, shares)
        shown = {(o.shape, o.texture) for o in scene.subjects}
        negative = {
            (tiny.categories[i - 1].shape, tiny.categories[i - 1].texture)
            for i in image["neg_category_ids"]
        }
        assert len(negative) == 6 and not negative & shown


def test_not_exhaustive_categories_lack_an_instance_and_are_positive(
    files: dict, tiny: World
) -> None:
    shares = category_shares(tiny)
    marked = Counter((a["image_id"], a["category_id"]) for a in files["train"]["annotations"])
    seen = 0
    for index, image in enumerate(files["train"]["images"]):
        shown = Counter(
            (o.shape, o.texture) for o in sample_scene(tiny, "train", index, shares).subjects
        )
        for category_id in image["not_exhaustive_category_ids"]:
            category = tiny.categories[category_id - 1]
            seen += 1
            assert 0 < marked[image["id"], category_id] < shown[category.shape, category.texture]
    assert seen > 0


def test_polygons_agree_with_the_visible_pixels(files: dict, tiny: World) -> None:
    shares, ious = category_shares(tiny), []
    for index, image in enumerate(files["train"]["images"][:25]):
        scene = sample_scene(tiny, "train", index, shares)
        numbers = render(scene, 128, 160, np.random.default_rng(0))[1].instances[::2, ::2]
        masks = [numbers == n for n in range(1, len(scene.objects) + 1)]
        for annotation in files["train"]["annotations"]:
            if annotation["image_id"] != image["id"]:
                continue
            drawn = rasterize(annotation["segmentation"], 128, 160)
            ious.append(max((drawn & m).sum() / (drawn | m).sum() for m in masks))
            assert annotation["area"] == pytest.approx(drawn.sum(), rel=0.1, abs=8)
            xs = [x for polygon in annotation["segmentation"] for x in polygon[0::2]]
            ys = [y for polygon in annotation["segmentation"] for y in polygon[1::2]]
            box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
            assert annotation["bbox"] == pytest.approx(box, abs=0.011)
            assert min(xs) >= 0 and max(xs) <= 160 and min(ys) >= 0 and max(ys) <= 128
    assert len(ious) > 80 and min(ious) > 0.9 and np.mean(ious) > 0.95
