"""The retrieval test set of the toy world: five full captions per image, in Karpathy's format."""

import json
from pathlib import Path

import numpy as np

from iclip.toy.captions import FULL_CAPTIONS, caption
from iclip.toy.parallel import chunks_of
from iclip.toy.random_streams import Stream, generator, pick
from iclip.toy.rendering import encode_jpeg, render
from iclip.toy.sampling import sample_color, sample_group, sample_portrait
from iclip.toy.scenes import Look, Scene
from iclip.toy.vocabulary import GROUNDS
from iclip.toy.world import World

CAPTIONS = 5  # per image, as in Flickr30k and COCO
_CHUNK = 250  # images per task of a worker


def sample_retrieval(world: World) -> list[tuple[Scene, list[str]]]:
    """Sample all scenes and captions; no caption is true of two images.

    No two images show an object of the same shape, texture and color on the same ground, so no
    caption equals, or is part of, a caption of another image.
    """
    taken: set[tuple[Look, str, str]] = set()
    return [_sample(world, index, taken) for index in range(world.config.retrieval_images)]


def _sample(world: World, index: int, taken: set[tuple[Look, str, str]]) -> tuple[Scene, list[str]]:
    """Sample one scene and its captions, and add its objects to those taken."""
    config = world.config
    rng = generator(config.seed, Stream.RETRIEVAL, index)
    count = 1 if rng.random() < config.one_object_rate else 2
    looks, colors, ground = _free_objects(world, rng, count, taken)
    if count == 1:
        scene = sample_portrait(
            rng, looks[0], config.scene_style, config.object_sizes, colors[0], ground
        )
    else:
        scene = sample_group(rng, looks, config.scene_style, colors, ground)
    return scene, _distinct_captions(rng, scene)


def _free_objects(
    world: World, rng: np.random.Generator, count: int, taken: set[tuple[Look, str, str]]
) -> tuple[list[Look], list[str], str]:
    """Draw objects and a ground until no object was taken on that ground, and take them."""
    all_looks = tuple((c.shape, c.texture) for c in world.categories)
    grounds = tuple(GROUNDS)
    while True:
        ground = pick(rng, grounds)
        looks = [pick(rng, all_looks) for _ in range(count)]
        colors = [sample_color(rng) for _ in range(count)]
        keys = {(look, color, ground) for look, color in zip(looks, colors, strict=True)}
        if len(keys) == count and not keys & taken:
            taken |= keys
            return looks, colors, ground


def _distinct_captions(rng: np.random.Generator, scene: Scene) -> list[str]:
    """Write five captions that differ in more than upper case and the full stop."""
    captions: dict[str, str] = {}
    while len(captions) < CAPTIONS:
        text = caption(rng, scene, FULL_CAPTIONS)
        captions.setdefault(text.lower().rstrip("."), text)
    return list(captions.values())


def retrieval_chunks(world: World) -> list[tuple[range]]:
    """Divide the images into chunks for the workers, as arguments of `write_images`."""
    chunks = chunks_of({"test": world.config.retrieval_images}, _CHUNK)
    return [(chunk,) for _, chunk in chunks]


def write_images(world: World, folder: Path, chunk: range) -> int:
    """Draw some of the images.

    Returns:
        The number of images written.
    """
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    size = world.config.image_size
    scenes = sample_retrieval(world)
    for index in chunk:
        noise = generator(world.config.seed, Stream.RETRIEVAL, index, 1)
        image, _ = render(scenes[index][0], size, size, noise)
        (images / _filename(index)).write_bytes(encode_jpeg(image))
    return len(chunk)


def write_karpathy_json(world: World, folder: Path) -> None:
    """Write `karpathy.json` with every image in the test split."""
    records = []
    for index, (_, captions) in enumerate(sample_retrieval(world)):
        sentence_ids = [CAPTIONS * index + k for k in range(CAPTIONS)]
        sentences = [
            {"raw": text, "tokens": _words(text), "imgid": index, "sentid": sentence_id}
            for text, sentence_id in zip(captions, sentence_ids, strict=True)
        ]
        records.append(
            {
                "filename": _filename(index),
                "split": "test",
                "imgid": index,
                "sentids": sentence_ids,
                "sentences": sentences,
            }
        )
    text = json.dumps({"images": records, "dataset": "toy"}, indent=1)
    (folder / "karpathy.json").write_text(text + "\n")


def _words(text: str) -> list[str]:
    """Split a caption as Karpathy's files do: lower case, without punctuation."""
    return text.lower().replace(",", " ").replace(".", " ").replace(":", " ").split()


def _filename(index: int) -> str:
    return f"{index:06d}.jpg"
