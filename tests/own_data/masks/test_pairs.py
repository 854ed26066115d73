"""Where images and masks lie, and which belong together."""

from pathlib import Path

import pytest

from iclip.own_data.masks.pairs import find_folder_pairs, pair_files

PNG = b"\x89PNG\r\n\x1a\n"


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PNG)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("images/a.jpg", "masks/a.png"), ["train images masks"]),
        (("Images/a.jpg", "Labels/a.png"), ["train Images Labels"]),
        (("JPEGImages/a.jpg", "SegmentationClass/a.png"), ["train JPEGImages SegmentationClass"]),
        (
            ("images/train/a.jpg", "images/val/b.jpg", "masks/train/a.png", "masks/val/b.png"),
            ["train images/train masks/train", "val images/val masks/val"],
        ),
        (  # ADE20K's names
            (
                *("images/training/a.jpg", "images/validation/b.jpg"),
                *("annotations/training/a.png", "annotations/validation/b.png"),
            ),
            [
                "train images/training annotations/training",
                "val images/validation annotations/validation",
            ],
        ),
        (
            ("train/images/a.jpg", "train/masks/a.png", "valid/images/b.jpg", "valid/masks/b.png"),
            ["train train/images train/masks", "val valid/images valid/masks"],
        ),
        (
            ("images/train/a.jpg", "images/test/b.jpg", "masks/train/a.png"),
            ["test images/test None", "train images/train masks/train"],
        ),
        (
            ("train/a.png", "trainannot/a.png", "val/b.png", "valannot/b.png"),
            ["train train trainannot", "val val valannot"],
        ),
        (("default/a.png", "defaultannot/a.png"), ["train default defaultannot"]),
        (
            ("train_images/a.jpg", "train_masks/a.png", "val_images/b.jpg", "val_masks/b.png"),
            ["train train_images train_masks", "val val_images val_masks"],
        ),
        (("train/a.jpg", "train/a_mask.png"), ["train train train"]),
        (("a.jpg", "a_mask.png"), ["train . ."]),
        (("images/a.jpg", "labels/a.txt"), []),
        (("images/a.jpg", "annotations/instances.json"), []),
        (("cats/a.jpg", "dogs/b.jpg"), []),
        (("images/a.jpg", "masks/.a.png"), []),
        ((), []),
    ],
)
def test_folders_are_found(files: tuple[str, ...], expected: list[str], tmp_path: Path):
    write(tmp_path, *files)
    found = find_folder_pairs(tmp_path)
    told = [
        f"{pair.part} {pair.images.relative_to(tmp_path)} "
        f"{pair.masks and pair.masks.relative_to(tmp_path)}"
        for pair in found
    ]
    assert told == expected


def names(pairs: tuple[tuple[str, str], ...], root: Path) -> list[str]:
    return [" ".join(path.removeprefix(f"{root}/") for path in pair) for pair in pairs]


def test_files_are_paired_by_name(tmp_path: Path):
    images = ("a.JPG", "b c.jpeg", "d/e.png", "f.jpg", "g.jpg", "lonely.jpg", "h.jpg", "h.png")
    masks = ("a.png", "b c_mask.PNG", "d/e.png", "f_L.png", "g.jpg.png", "h.png", "unused.png")
    write(tmp_path, *(f"i/{name}" for name in images), *(f"m/{name}" for name in masks))
    (tmp_path / "m/classes.txt").write_text("a")
    found = pair_files(tmp_path / "i", tmp_path / "m")
    assert names(found.pairs, tmp_path) == [
        "i/a.JPG m/a.png",
        "i/b c.jpeg m/b c_mask.PNG",
        "i/f.jpg m/f_L.png",
        "i/g.jpg m/g.jpg.png",
        "i/h.jpg m/h.png",
        "i/d/e.png m/d/e.png",
    ]
    assert found.unmasked == (f"{tmp_path}/i/lonely.jpg",)
    assert found.unused == (f"{tmp_path}/m/unused.png",)
    assert found.same_name == (f"{tmp_path}/i/h.png",)
    assert str(found.left_out) == f"1 .txt ({tmp_path}/m/classes.txt)"


def test_masks_beside_their_images_are_no_images(tmp_path: Path):
    write(tmp_path, "a.jpg", "a_mask.png", "b_mask.jpg", "b_mask_mask.png", "c.jpg")
    found = pair_files(tmp_path, tmp_path)
    assert names(found.pairs, tmp_path) == ["a.jpg a_mask.png", "b_mask.jpg b_mask_mask.png"]
    assert found.unmasked == (f"{tmp_path}/c.jpg",)
    assert found.unused == ()


def test_exact_name_counts_before_an_ending(tmp_path: Path):
    write(tmp_path, "i/a.jpg", "m/a.png", "m/a_mask.png")
    found = pair_files(tmp_path / "i", tmp_path / "m")
    assert names(found.pairs, tmp_path) == ["i/a.jpg m/a.png"]
    assert found.unused == (f"{tmp_path}/m/a_mask.png",)
