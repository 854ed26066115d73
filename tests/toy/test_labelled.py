import json
from pathlib import Path

import cv2
import pytest

SPLIT_OF_FOLDER = {
    "train": "seen",
    "val": "seen",
    "val_new_combination": "new_combination",
    "val_new_word": "new_word",
}


@pytest.mark.parametrize(("folder", "split"), SPLIT_OF_FOLDER.items())
def test_folders_hold_exactly_the_categories_of_their_split(
    tiny_root: Path, folder: str, split: str
) -> None:
    categories = json.loads((tiny_root / "world.json").read_text())["categories"]
    expected = {c["id"] for c in categories if c["split"] == split}
    assert {p.name for p in (tiny_root / "labelled" / folder).iterdir()} == expected


@pytest.mark.parametrize(("folder", "count"), [("train", 2), ("val", 1), ("val_new_word", 1)])
def test_every_category_has_its_number_of_images(tiny_root: Path, folder: str, count: int) -> None:
    for category in (tiny_root / "labelled" / folder).iterdir():
        images = sorted(category.glob("*.jpg"))
        assert len(images) == len(list(category.iterdir())) == count
        assert cv2.imread(str(images[0])).shape == (48, 48, 3)


def test_all_images_differ(tiny_root: Path) -> None:
    images = [p.read_bytes() for p in (tiny_root / "labelled").rglob("*.jpg")]
    assert len(images) == 50 * 2 + 72
    assert len(set(images)) == len(images)
