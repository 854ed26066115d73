"""A small world annotated as LVIS is, detections in it, and the LVIS authors' own package."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

THEIRS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf")


def run_of_the_authors(annotations: Path, results: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    # Removed from numpy 1.24; their last release still calls it.
    monkeypatch.setattr(np, "float", float, raising=False)
    from lvis import LVISEval

    evaluation = LVISEval(str(annotations), str(results), "bbox")
    evaluation.run()
    return evaluation


def of_the_authors(
    annotations: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, float]:
    evaluation = run_of_the_authors(annotations, results, monkeypatch)
    figures = {name: 100 * evaluation.results[name] for name in THEIRS}
    return {name: -1.0 if value < 0 else value for name, value in figures.items()}


def small_world(rng: np.random.Generator) -> dict[str, Any]:
    """30 images, 12 categories of all frequencies, one of which has no annotation."""
    categories = [
        dict(id=7 * i + 3, name=f"c{i}", synset=f"c{i}.n.01", frequency="rcf"[i % 3])
        | dict(synonyms=[f"c{i}"], image_count=1, instance_count=1)
        | {"def": ""}
        for i in range(12)
    ]
    ids = [category["id"] for category in categories]
    images, annotations = [], []
    for image_id in range(100, 130):
        present = rng.choice(ids[:-1], size=rng.integers(0, 4), replace=False)
        absent = [i for i in ids if i not in present]
        images.append(
            dict(id=image_id, width=640, height=480, coco_url=f"http://x/{image_id}.jpg")
            | dict(neg_category_ids=[int(i) for i in rng.choice(absent, 3, replace=False)])
            | dict(not_exhaustive_category_ids=[int(i) for i in present[:1]])
        )
        for category in present:
            for _ in range(rng.integers(1, 4)):
                x, y = rng.uniform(0, 400, 2)
                w, h = rng.uniform(4, 30, 2) if rng.random() < 0.5 else rng.uniform(30, 200, 2)
                annotations.append(
                    dict(id=len(annotations) + 1, image_id=image_id, category_id=int(category))
                    | dict(bbox=[x, y, w, h], area=w * h)
                    | dict(segmentation=[[x, y, x + w, y, x + w, y + h]])
                )
    return dict(images=images, annotations=annotations, categories=categories)


def noisy_detections(
    truth: dict[str, Any], rng: np.random.Generator, strays: int
) -> list[dict[str, Any]]:
    """Of most annotations a box nearby, and in each image boxes that nothing is behind."""
    found = []
    for annotation in truth["annotations"]:
        for _ in range(rng.integers(0, 3)):
            x, y, w, h = annotation["bbox"]
            box = np.array([x, y, w, h]) + np.array([w, h, w, h]) * rng.uniform(-0.1, 0.1, 4)
            found.append((annotation["image_id"], annotation["category_id"], box))
    ids = [category["id"] for category in truth["categories"]]
    for image in truth["images"]:
        for _ in range(strays):
            box = [*rng.uniform(0, 300, 2), *rng.uniform(5, 100, 2)]
            found.append((image["id"], rng.choice(ids), box))
    return [
        dict(image_id=i, category_id=int(c), bbox=[float(v) for v in box], score=float(score))
        for (i, c, box), score in zip(found, rng.permutation(len(found)) / len(found), strict=True)
    ]


def write_world(folder: Path) -> tuple[Path, Path]:
    """Write the small world and noisy detections in it: annotation file, file of detections."""
    rng = np.random.default_rng(0)
    truth = small_world(rng)
    annotations, results = folder / "ann.json", folder / "results.json"
    annotations.write_text(json.dumps(truth))
    results.write_text(json.dumps(noisy_detections(truth, rng, strays=40)))
    return annotations, results
