"""What is drawn of new classes: their boxes, words and truth, and nothing of seen classes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.ops import box_iou

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


def test_new_objects_are_found_with_their_names_and_boxes(world: Path):
    new = read_new_objects(world)
    assert dict(new.objects) == {
        "2.jpg": [("sikanu", (40, 20, 70, 70))],
        "3.jpg": [("pusabu", (5, 5, 15, 15)), ("sikanu", (50, 50, 70, 60))],
    }
    assert new.classes == {
        "pusabu": ("what pusabu looks like", "new_combination"),
        "sikanu": ("what sikanu looks like", "new_word"),
    }


def drawn(world: Path, out: Path, **of_image: Any) -> tuple[Any, list[str]]:
    """Draw the second image; return its pixels and its words."""
    draw_new_classes(read_new_objects(world), predictions(world, **of_image), out)
    words = json.loads((out / "predictions.json").read_text())
    return np.asarray(Image.open(out / "2.jpg")), words["2.jpg"]["labels"]


def test_boxes_of_new_classes_have_their_color_and_words(world: Path, tmp_path: Path):
    picture, words = drawn(
        world,
        tmp_path / "out",
        labels=["toneka", "pusabu", "sikanu"],
        scores=[0.9, 0.4, 0.83],
        boxes=[[120, 30, 150, 60], [90, 80, 120, 110], [41, 22, 71, 70]],
    )
    assert picture.shape == (512, 640, 3)
    assert near(picture[4 * 45, 4 * 41 + 1], MAGENTA)
    assert near(picture[4 * 95, 4 * 90 + 1], ORANGE)
    assert near(picture[4 * 20, 4 * 60], WHITE)  # what is annotated
    assert near(picture[4 * 45, 4 * 120], GROUND)  # a seen class
    assert words == ["what sikanu looks like 0.83 (right)", "what pusabu looks like 0.40 (wrong)"]


@pytest.mark.parametrize(
    ("label", "score", "shown"),
    [("toneka", 0.9, []), ("toneka", 0.3, ["sikanu 0.50"]), ("pusabu", 0.6, ["pusabu 0.60"])],
)
def test_object_has_its_best_name_alone(
    label: str, score: float, shown: list[str], world: Path, tmp_path: Path
):
    boxes = [[40, 20, 70, 70], [42, 22, 70, 70]]
    _, words = drawn(
        world, tmp_path / "out", labels=["sikanu", label], scores=[0.5, score], boxes=boxes
    )
    found = [word.replace("what ", "").replace(" looks like", "") for word in words]
    assert found == [f"{s} ({'right' if 'sikanu' in s else 'wrong'})" for s in shown] or (
        not shown and found == ["nothing of a new class"]
    )


@pytest.mark.parametrize("shift", [0.0, 9.0, 11.0, 40.0])
def test_same_object_is_an_overlap_of_half_as_torchvision_counts_it(
    shift: float, world: Path, tmp_path: Path
):
    boxes = [[40.0, 20.0, 70.0, 70.0], [40.0 + shift, 20.0, 70.0 + shift, 70.0]]
    _, words = drawn(world, tmp_path / "out", labels=["sikanu"] * 2, scores=[0.9, 0.8], boxes=boxes)
    first, second = torch.tensor([boxes[0]]), torch.tensor([boxes[1]])
    assert (len(words) == 1) == bool(box_iou(first, second) >= 0.5)


def test_words_stay_in_the_picture(world: Path, tmp_path: Path):
    picture, _ = drawn(
        world, tmp_path / "out", labels=["sikanu"], scores=[0.5], boxes=[[150, 0, 160, 20]]
    )
    strip = picture[2:18]
    colored = (np.abs(strip.astype(int) - MAGENTA).max(axis=2) < 60).any(axis=0)
    assert colored[-100:].mean() > 0.9 and not colored[:300].any()
