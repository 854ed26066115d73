"""Image-text pairs of the toy world, in tar shards with the members of img2dataset."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from iclip.toy.captions import caption
from iclip.toy.random_streams import Stream, generator, pick
from iclip.toy.rendering import encode_jpeg, render
from iclip.toy.sampling import sample_group, sample_portrait
from iclip.toy.scenes import Scene
from iclip.toy.world import World


def sample_pair(world: World, index: int) -> tuple[Scene, str]:
    """Sample the scene and the caption of one pair, without drawing it."""
    config = world.config
    rng = generator(config.seed, Stream.PAIRS, index)
    kind = rng.random()
    if kind < config.one_object_rate:
        look = pick(rng, world.pair_looks)
        scene = sample_portrait(rng, look, config.scene_style, config.object_sizes)
    else:
        count = 2 if kind < config.one_object_rate + config.two_object_rate else 3
        looks = [pick(rng, world.pair_looks) for _ in range(count)]
        scene = sample_group(rng, looks, config.scene_style)
    return scene, caption(rng, scene, world.caption_style)


def shard_numbers(world: World) -> list[tuple[int]]:
    """Return the number of every shard, as arguments of `write_shard`."""
    count = -(-world.config.pairs // world.config.pairs_per_shard)  # rounded up
    return [(number,) for number in range(count)]


def pair_captions(world: World) -> Iterator[str]:
    """Yield the caption of every pair."""
    for index in range(world.config.pairs):
        yield sample_pair(world, index)[1]


def write_shard(world: World, folder: Path, number: int) -> int:
    """Draw one shard, `{number:05d}.tar`.

    Returns:
        The number of pairs written.
    """
    start = number * world.config.pairs_per_shard
    pairs = range(start, min(start + world.config.pairs_per_shard, world.config.pairs))
    with tarfile.open(folder / f"{number:05d}.tar", "w", format=tarfile.USTAR_FORMAT) as shard:
        for position, index in enumerate(pairs):
            key = f"{number:05d}{position:04d}"
            for suffix, content in _members(world, index, key).items():
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(content)
                shard.addfile(member, io.BytesIO(content))
    return len(pairs)


def _members(world: World, index: int, key: str) -> dict[str, bytes]:
    """Draw a pair; return its members of the tar by suffix, as img2dataset writes them."""
    size = world.config.image_size
    scene, text = sample_pair(world, index)
    noise = generator(world.config.seed, Stream.PAIRS, index, 1)
    image, _ = render(scene, size, size, noise)
    record = {
        "url": f"toy://pairs/{index}",
        "caption": text,
        "key": key,
        "status": "success",
        "error_message": None,
        "width": size,
        "height": size,
        "original_width": size,
        "original_height": size,
    }
    return {
        "jpg": encode_jpeg(image),
        "txt": text.encode(),
        "json": json.dumps(record, indent=4).encode(),
    }
