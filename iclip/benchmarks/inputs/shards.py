"""Shards of pairs as img2dataset writes them: an image, a text and a json per pair."""

import io
import itertools
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

# A JPEG of this size in pixels has about 27 kB, the mean of LAION-400M's images at 256 pixels.
_SIDES = (320, 256)


def write_shards(folder: Path, shards: int, pairs: int, files: Sequence[Path] = ()) -> list[str]:
    """Write shards, or find them again where an earlier call has written them.

    Args:
        folder: Receives ``00000.tar`` and so on.
        shards: Number of shards.
        pairs: Pairs per shard.
        files: JPEG files to take in turn; none: made-up images.

    Returns:
        The paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = itertools.cycle(files) if files else None
    paths = [folder / f"{number:05d}.tar" for number in range(shards)]
    for number, path in enumerate(paths):
        if not path.is_file():
            _write_shard(path, number, pairs, images)
    return [str(path) for path in paths]


def _write_shard(path: Path, number: int, pairs: int, files: Iterator[Path] | None) -> None:
    """Write one shard under another name, and rename it when it is complete."""
    made = [_made_up_image(seed) for seed in range(8)] if files is None else []
    unfinished = path.with_suffix(".unfinished")
    with tarfile.open(unfinished, "w", format=tarfile.USTAR_FORMAT) as tar:
        for pair in range(pairs):
            key = f"{number:05d}{pair:04d}"
            image = made[pair % len(made)] if files is None else next(files).read_bytes()
            caption = f"caption {pair} of shard {number}"
            contents = {"jpg": image, "txt": caption.encode()}
            contents["json"] = json.dumps({"key": key, "caption": caption}).encode()
            for extension, content in contents.items():
                member = tarfile.TarInfo(f"{key}.{extension}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    unfinished.rename(path)


def _made_up_image(seed: int) -> bytes:
    """Draw a JPEG whose size in bytes is that of a real one: smooth shapes and some noise."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (16, 20, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize(_SIDES, Image.Resampling.BICUBIC), dtype=np.int16)
    noisy = smooth + random.integers(-12, 13, smooth.shape, dtype=np.int16)
    encoded = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(encoded, "JPEG", quality=90)
    return encoded.getvalue()
