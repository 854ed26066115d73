"""What is drawn of new classes: their boxes, words and truth, and nothing of seen classes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iclip.benchmarks.toy.new_class_pictures import draw_new_classes, read_new_objects
from iclip.text.class_texts import ClassText, write_class_texts

ORANGE, MAGENTA, WHITE, GROUND = (255, 140, 0), (230, 0, 160), (255, 255, 255), (20, 60, 40)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A world of one category of each split, with three images."""
    world = tmp_path / "toy"
    names = {"seen": "toneka", "new_combination": "pusabu", "new_word": "sikanu"}
    for split, name in names.items():
        text = ClassText(f"t-{name}", (name,), f"what {name} looks like")
        write_class_texts(world / f"class_texts_{split}.jsonl", [text])
    images = world / "lvis/images/val"
    images.mkdir(parents=True)
    for number in (1, 2, 3):
        Image.new("RGB", (160, 128), GROUND).save(images / f"{number}.jpg", quality=95)
    boxes = [(1, 1, [0, 0, 9, 9]), (2, 3, [40, 20, 30, 50]), (3, 2, [5, 5, 10, 10]),
             (3, 3, [50, 50, 20, 10])]  # fmt: skip
    content = {
        "images": [{"id": i, "coco_url": f"http://x/val/{i}.jpg"} for i in (1, 2, 3)],
        "categories": [{"id": i, "name": name} for i, name in enumerate(names.values(), 1)],
        "annotations": [{"image_id": i, "category_id": c, "bbox": b} for i, c, b in boxes],
    }
    (world / "lvis/val.json").write_text(json.dumps(content))
    return world


def predictions(world: Path, **of_image: Any) -> Path:
    file = world.parent / "predictions.json"
    record = {"file": str(world / "lvis/images/val/2.jpg"), **of_image}
    file.write_text(json.dumps({"2.jpg": record}))
    return file


def near(pixel: Any, color: tuple[int, int, int]) -> bool:
    return np.abs(np.asarray(pixel, int) - color).max() < 60


def test_images_with_new_classes_and_their_boxes_are_found(world: Path):
    new = read_new_objects(world)
    assert dict(new.boxes) == {"2.jpg": [(40, 20, 70, 70)], "3.jpg": [(5, 5, 15, 15),
                                                                     (50, 50, 70, 60)]}  # fmt: skip
    assert new.classes["pusabu"] == ("what pusabu looks like", "new_combination")
    assert set(new.classes) == {"pusabu", "sikanu"}


def test_boxes_of_new_classes_have_their_color_and_words(world: Path, tmp_path: Path):
    found = predictions(
        world,
        labels=["toneka", "sikanu", "pusabu"],
        scores=[0.9, 0.83, 0.4],
        boxes=[[100, 30, 140, 60], [10, 40, 30, 80], [90, 80, 120, 110]],
    )
    draw_new_classes(read_new_objects(world), found, tmp_path / "out")
    picture = np.asarray(Image.open(tmp_path / "out/2.jpg"))
    assert picture.shape == (512, 640, 3)
    assert near(picture[4 * 60, 4 * 10 + 1], MAGENTA)
    assert near(picture[4 * 95, 4 * 90 + 1], ORANGE)
    assert near(picture[4 * 45, 4 * 40], WHITE)  # what is annotated
    assert near(picture[4 * 45, 4 * 100], GROUND)  # a seen class
    words = json.loads((tmp_path / "out/predictions.json").read_text())
    assert words == {
        "2.jpg": {
            "labels": [
                "what sikanu looks like 0.83 (new word)",
                "what pusabu looks like 0.40 (new combination)",
            ]
        }
    }


def test_words_stay_in_the_picture(world: Path, tmp_path: Path):
    found = predictions(world, labels=["sikanu"], scores=[0.5], boxes=[[150, 0, 160, 20]])
    draw_new_classes(read_new_objects(world), found, tmp_path / "out")
    strip = np.asarray(Image.open(tmp_path / "out/2.jpg"))[2:18]
    colored = (np.abs(strip.astype(int) - MAGENTA).max(axis=2) < 60).any(axis=0)
    assert colored[-100:].mean() > 0.9 and not colored[:300].any()


def test_image_without_new_detections_says_so(world: Path, tmp_path: Path):
    found = predictions(world, labels=["toneka"], scores=[0.5], boxes=[[1, 1, 20, 20]])
    draw_new_classes(read_new_objects(world), found, tmp_path / "out")
    words = json.loads((tmp_path / "out/predictions.json").read_text())
    assert words == {"2.jpg": {"labels": ["nothing of a new class"]}}
