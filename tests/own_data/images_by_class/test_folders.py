from pathlib import Path

import pytest
from PIL import Image

from iclip.own_data import recognize
from iclip.own_data.images_by_class.folders import read
from iclip.tasks import CLASSIFICATION


def draw(root: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 7), (number, 0, 0)).save(root / name)
    return root


def test_without_parts_a_validation_part_is_drawn_of_each_class(tmp_path: Path):
    root = draw(tmp_path, *(f"{name}/{i}.jpg" for name in ("cat", "dog") for i in range(10)))
    data = recognize(root, CLASSIFICATION)
    assert data.format == "class folders" and data.classes == ("cat", "dog")
    assert len(data.parts["train"]) + len(data.parts["val"]) == 20
    for samples in data.parts.values():
        assert {Path(s.file).parent.name for s in samples if s.label == 0} == {"cat"}
        assert {Path(s.file).parent.name for s in samples if s.label == 1} == {"dog"}


def test_a_class_of_val_that_train_lacks_is_an_error(tmp_path: Path):
    root = draw(tmp_path, "train/cat/1.jpg", "train/dog/2.jpg", "val/cow/3.jpg", "val/cat/4.jpg")
    with pytest.raises(ValueError, match=r"val has 1 class that train lacks \(cow\)"):
        recognize(root, CLASSIFICATION)


def test_tiny_imagenet_s_validation_list_is_read(tmp_path: Path):
    """Boxes beside the classes, images one folder deeper, and a test part without classes."""
    root = draw(
        tmp_path,
        *(f"train/{wnid}/images/{wnid}_0.JPEG" for wnid in ("n01443537", "n01629819")),
        *(f"val/images/val_{number}.JPEG" for number in range(3)),
        "test/images/test_0.JPEG",
    )
    (root / "train/n01443537/n01443537_boxes.txt").write_text("n01443537_0.JPEG\t0\t10\t63\t58\n")
    rows = ["val_0.JPEG\tn01629819\t0\t32\t44\t62", "val_1.JPEG\tn01443537\t52\t55\t57\t59"]
    (root / "val/val_annotations.txt").write_text("\n".join(rows) + "\n")
    data = recognize(root, CLASSIFICATION)
    assert data.classes == ("n01443537", "n01629819")
    assert [(Path(s.file).name, s.label) for s in data.parts["val"]] == [
        ("val_1.JPEG", 0), ("val_0.JPEG", 1),
    ]  # fmt: skip
    assert "2 images without a class" in " ".join(map(str, data.left_out))
    assert list(data.parts) == ["train", "val"] and "test is empty" in data.notes


def test_unreadable_images_are_left_out(tmp_path: Path):
    root = draw(tmp_path, *(f"{name}/{i}.jpg" for name in ("cat", "dog") for i in range(10)))
    (root / "cat/3.jpg").write_bytes(b"")
    found = read(root, CLASSIFICATION)
    assert len(found.parts["train"]) == 19
    assert any(omission.what == "images that cannot be read" for omission in found.left_out)


def test_real_photos_are_read(real_data: Path):
    found = read(real_data / "imagenet_samples", CLASSIFICATION)
    folders = [entry.name for entry in (real_data / "imagenet_samples").iterdir() if entry.is_dir()]
    assert list(found.classes) == sorted(folders)
    assert len(found.parts["train"]) == len(list((real_data / "imagenet_samples").glob("*/*.JPEG")))
