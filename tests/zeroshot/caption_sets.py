"""Karpathy's caption files for the photos of the fixture."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

WORDS = ("crane", "tench", "lemon", "river", "stone", "cloud")


def write_captions(
    path: Path, photos: Path, counts: Sequence[int] = (5,) * 15, shuffled: int | None = None
) -> Path:
    """Write captions that differ from image to image.

    Args:
        path: Of the file.
        photos: The images' folder.
        counts: Captions of each image, from the first by name on.
        shuffled: Seed of the images' order in the file; None: by name.
    """
    files = sorted(photos.rglob("*.png"))[: len(counts)]
    images = [
        {
            "filepath": file.parent.name, "filename": file.name, "split": "test",
            "sentences": [
                {"raw": f"{WORDS[i % 6]} and {WORDS[(i + j) % 6]} {i}"} for j in range(count)
            ],
        }
        for i, (file, count) in enumerate(zip(files, counts, strict=True))
    ]  # fmt: skip
    if shuffled is not None:
        random.Random(shuffled).shuffle(images)
    path.write_text(json.dumps({"images": images}))
    return path
