"""Detection scenes of the toy world in LVIS's format: long-tailed, federated, with polygons."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iclip.toy.parallel import chunks_of
from iclip.toy.polygons import bounding_box, mask_to_polygons
from iclip.toy.random_streams import Stream, generator
from iclip.toy.rendering import SUPERSAMPLING, encode_jpeg, render
from iclip.toy.sampling import sample_crowd
from iclip.toy.scenes import Scene
from iclip.toy.world import World

SPLITS = {"train": Stream.LVIS_TRAIN, "val": Stream.LVIS_VAL}
COCO_URL = "http://images.cocodataset.org/"
"""Readers of LVIS cut this off `coco_url` to get a path below their image folder."""

_OBJECTS = (3, 8)  # least and most objects of a scene
_SIZES = (0.24, 0.5)  # of the image's shorter side
_SMALLEST_AREA = 16.0  # square pixels; an annotator would overlook less
_UNCHECKED_RATE = 0.1  # share of an image's categories that nobody has looked for
_NOT_EXHAUSTIVE_RATE = 0.15  # share of categories of several instances that lack the mark of one
_NEGATIVES = 6  # number of an image's categories that somebody has looked for in vain
_CHUNK = 25  # images per task of a worker


@dataclass(frozen=True)
class Instance:
    """One visible object.

    Attributes:
        category: Index of its category in the world.
        polygons: Its outlines, see `polygons.mask_to_polygons`.
        area: Visible area in square pixels of the image.
    """

    category: int
    polygons: list[list[float]]
    area: float


def category_shares(world: World) -> np.ndarray:
    """Return each category's share of the objects, (N,), long-tailed, sum 1."""
    count = len(world.categories)
    # Zipf's law: the k-th most frequent category is k times rarer than the first.
    ranks = generator(world.config.seed, Stream.CATEGORIES, 1).permutation(count) + 1
    return (1 / ranks) / (1 / ranks).sum()


def sample_scene(world: World, split: str, index: int, shares: np.ndarray) -> Scene:
    """Sample one scene; the first N scenes of a split show each of the N categories once."""
    config = world.config
    rng = generator(config.seed, SPLITS[split], index)
    drawn = rng.choice(len(shares), size=rng.integers(_OBJECTS[0], _OBJECTS[1] + 1), p=shares)
    if index < len(shares):
        drawn[0] = index
    looks = [(world.categories[i].shape, world.categories[i].texture) for i in drawn]
    aspect = config.scene_width / config.scene_height
    return sample_crowd(rng, looks, config.scene_style, _SIZES, aspect)


def lvis_chunks(world: World) -> list[tuple[str, range]]:
    """Divide the images of both splits into chunks for the workers."""
    counts = {"train": world.config.lvis_train_images, "val": world.config.lvis_val_images}
    return chunks_of(counts, _CHUNK)


def write_scenes(world: World, folder: Path, split: str, chunk: range) -> int:
    """Draw some images, and keep their annotations in a file for `write_annotations`.

    Returns:
        The number of images written.
    """
    images = folder / "images" / split
    images.mkdir(parents=True, exist_ok=True)
    shares = category_shares(world)
    records = []
    for index in chunk:
        scene = sample_scene(world, split, index, shares)
        noise = generator(world.config.seed, SPLITS[split], index, 1)
        image, masks = render(scene, world.config.scene_height, world.config.scene_width, noise)
        image_id = _image_id(world, split, index)
        (images / _filename(image_id)).write_bytes(encode_jpeg(image))
        instances = visible_instances(world, scene, masks.instances)
        records.append(_annotate(world, split, index, instances))
    (folder / _records_name(split, chunk)).write_text(json.dumps(records))
    return len(chunk)


def visible_instances(world: World, scene: Scene, numbers: np.ndarray) -> list[Instance]:
    """Trace the outlines of the objects that are visible enough.

    Args:
        world: The world.
        scene: The scene that was drawn.
        numbers: Its instance map, see `rendering.Masks`.
    """
    index_of = {(c.shape, c.texture): i for i, c in enumerate(world.categories)}
    instances = []
    for number, obj in enumerate(scene.objects, start=1):
        mask = numbers == number
        area = float(mask.sum()) / SUPERSAMPLING**2
        if (obj.shape, obj.texture) not in index_of or area < _SMALLEST_AREA:
            continue
        polygons = mask_to_polygons(mask, SUPERSAMPLING)
        instances.append(Instance(index_of[obj.shape, obj.texture], polygons, area))
    return instances


def _annotate(world: World, split: str, index: int, instances: list[Instance]) -> dict[str, Any]:
    """Annotate an image as LVIS's annotators would: they do not look for every category."""
    rng = generator(world.config.seed, Stream.LVIS_ANNOTATION, SPLITS[split], index)
    present = sorted({instance.category for instance in instances})
    # The category that this image must show (see `sample_scene`) is always looked for.
    checked = {c for c in present if c == index or rng.random() >= _UNCHECKED_RATE}
    marked = [instance for instance in instances if instance.category in checked]
    not_exhaustive = []
    for category, count in sorted(Counter(i.category for i in marked).items()):
        if count > 1 and rng.random() < _NOT_EXHAUSTIVE_RATE:
            # One instance stays unmarked, and LVIS's list says so.
            marked.remove(next(i for i in marked if i.category == category))
            not_exhaustive.append(category)
    absent = sorted(set(range(len(world.categories))) - set(present))
    negatives = sorted(rng.choice(absent, min(_NEGATIVES, len(absent)), replace=False).tolist())
    image_id = _image_id(world, split, index)
    # Category ids are numbered from 1.
    return {
        "image": {
            "id": image_id,
            "width": world.config.scene_width,
            "height": world.config.scene_height,
            "license": 1,
            "date_captured": "",
            "flickr_url": "",
            "coco_url": f"{COCO_URL}{split}/{_filename(image_id)}",
            "neg_category_ids": [c + 1 for c in negatives],
            "not_exhaustive_category_ids": [c + 1 for c in not_exhaustive],
        },
        "annotations": [
            {
                "image_id": image_id,
                "category_id": instance.category + 1,
                "segmentation": instance.polygons,
                "bbox": bounding_box(instance.polygons),
                "area": instance.area,
            }
            for instance in marked
        ],
    }


def write_annotations(world: World, folder: Path) -> None:
    """Join the files of the workers in `train.json` and `val.json`."""
    records: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for split, chunk in lvis_chunks(world):
        path = folder / _records_name(split, chunk)
        records[split] += json.loads(path.read_text())
        path.unlink()
    categories = _categories(world, records["train"])
    for split, images in records.items():
        annotations = [annotation for record in images for annotation in record["annotations"]]
        content = {
            "info": {"description": "toy world in the format of LVIS v1", "version": "v1.0"},
            "licenses": [{"id": 1, "name": "", "url": ""}],
            "categories": categories,
            "images": [record["image"] for record in images],
            "annotations": [{"id": i, **a} for i, a in enumerate(annotations, start=1)],
        }
        (folder / f"{split}.json").write_text(json.dumps(content) + "\n")


def _categories(world: World, train: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of the categories; both splits have the training counts, as in LVIS."""
    instance_counts = Counter(a["category_id"] for r in train for a in r["annotations"])
    image_counts = Counter(
        category for r in train for category in {a["category_id"] for a in r["annotations"]}
    )
    return [
        {
            "id": index,
            "name": category.name,
            "synonyms": [category.name],
            "synset": f"{category.name}.n.01",
            "def": category.description,
            "frequency": frequency(image_counts[index]),
            "image_count": image_counts[index],
            "instance_count": instance_counts[index],
        }
        for index, category in enumerate(world.categories, start=1)
    ]


def frequency(image_count: int) -> str:
    """Return LVIS's group: r(are) to 10 training images, c(ommon) to 100, f(requent) above."""
    if image_count <= 10:
        return "r"
    return "c" if image_count <= 100 else "f"


def _image_id(world: World, split: str, index: int) -> int:
    """Return an image's id, from 1; those of validation follow those of training."""
    return index + 1 + (world.config.lvis_train_images if split == "val" else 0)


def _filename(image_id: int) -> str:
    return f"{image_id:012d}.jpg"


def _records_name(split: str, chunk: range) -> str:
    """Name the file in which a worker leaves a chunk's annotations."""
    return f".{split}_{chunk.start:06d}.json"
