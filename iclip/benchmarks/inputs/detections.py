"""Made-up LVIS annotations, and detections in their images."""

import json
from pathlib import Path
from typing import Any

import numpy as np

BOXES, DETECTIONS = 12, 300  # per image
_SIDE = 480  # pixels of a square image


def write_lvis(folder: Path, images: int, categories: int) -> tuple[Path, Path]:
    """Write annotations and results, and return both files.

    A box lies at random; near each lies a detection of its category, and the other detections are
    of random categories, as a detector's are on a data set with a long tail. No two scores are
    equal.
    """
    random = np.random.default_rng(0)
    truth: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    for number in range(categories):
        truth["categories"].append(
            dict(id=number + 1, name=f"c{number}", frequency="rcf"[number % 3])
        )
    results: list[dict[str, Any]] = []
    for image_id in range(1, images + 1):
        own = random.integers(1, categories + 1, BOXES).tolist()
        absent = [int(c) for c in random.integers(1, categories + 1, 8) if c not in own]
        truth["images"].append(
            dict(
                id=image_id, width=_SIDE, height=_SIDE, neg_category_ids=absent,
                not_exhaustive_category_ids=own[:1],
            )
        )  # fmt: skip
        boxes = _boxes(random, BOXES)
        for category, box in zip(own, boxes.tolist(), strict=True):
            truth["annotations"].append(
                dict(
                    id=len(truth["annotations"]) + 1, image_id=image_id, category_id=category,
                    bbox=box, area=box[2] * box[3],
                )
            )  # fmt: skip
        near = boxes * random.uniform(0.9, 1.1, boxes.shape)
        strays = _boxes(random, DETECTIONS - BOXES)
        labels = own + random.integers(1, categories + 1, len(strays)).tolist()
        for category, box in zip(labels, np.concatenate([near, strays]).tolist(), strict=True):
            results.append(dict(image_id=image_id, category_id=category, bbox=box))
    order = random.permutation(len(results)).tolist()
    for result, place in zip(results, order, strict=True):
        result["score"] = (place + 1) / (len(results) + 1)
    files = folder / "annotations.json", folder / "detections.json"
    for file, content in zip(files, (truth, results), strict=True):
        file.write_text(json.dumps(content))
    return files


def _boxes(random: np.random.Generator, count: int) -> np.ndarray:
    """Draw boxes (count, 4) as x, y, width, height: small, medium and large ones."""
    sides = np.exp(random.uniform(np.log(8), np.log(200), (count, 2)))
    corners = random.uniform(0, _SIDE - 200, (count, 2))
    return np.concatenate([corners, sides], axis=1)
