"""Folders of images and masks, in the forms of tools and with what people do to them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.own_data.format import ReadParts
from iclip.own_data.masks import folders as mask_folders
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import (
    HEIGHT,
    WIDTH,
    cvat_camvid,
    cvat_segmentation_mask,
    labels,
    roboflow_masks,
    write_image,
    write_numbers,
)


def read(root: Path) -> ReadParts:
    assert mask_folders.signs(root) is not None
    return mask_folders.read(root, SEGMENTATION)


def simple(root: Path, count: int = 20, classes: int = 3) -> list[np.ndarray]:
    """Write images/, masks/ and classes.txt; the labels of each image."""
    drawn = [labels(seed, classes) for seed in range(count)]
    for number, pixels in enumerate(drawn):
        write_image(root / f"images/{number:02d}.jpg")
        write_numbers(root / f"masks/{number:02d}.png", pixels)
    (root / "classes.txt").write_text("".join(f"class {n}\n" for n in range(classes)))
    return drawn


def test_images_and_masks(tmp_path: Path):
    drawn = simple(tmp_path)
    found = read(tmp_path)
    assert found.classes == ("class 0", "class 1", "class 2")
    assert found.left_out == ()
    samples = found.parts["train"]
    assert [sample.file for sample in samples] == [
        f"{tmp_path}/images/{number:02d}.jpg" for number in range(20)
    ]
    for number, (sample, pixels) in enumerate(zip(samples, drawn, strict=True)):
        assert (sample.mask.label_map() == pixels).all()
        assert sample.mask.in_place == f"{tmp_path}/masks/{number:02d}.png"
        assert sample.class_labels == (0, 1, 2)
        assert (sample.width, sample.height) == (WIDTH, HEIGHT)


def test_roboflow(tmp_path: Path):
    drawn = roboflow_masks(tmp_path)
    assert mask_folders.signs(tmp_path) == "images and masks in test"
    found = read(tmp_path)
    assert found.classes == ("background", "cat", "dog")
    for folder, part in (("train", "train"), ("valid", "val"), ("test", "test")):
        maps = [sample.mask.label_map() for sample in found.parts[part]]
        assert np.array_equal(maps, drawn[folder])
    assert {omission.what for omission in found.left_out} == {".csv files"}


def test_camvid_of_cvat(tmp_path: Path):
    drawn = cvat_camvid(tmp_path)
    found = read(tmp_path)
    assert found.classes == ("Animal", "Archway")
    assert f"'Void' of {tmp_path}/label_colors.txt is ignored" in found.notes
    expected = np.array([255, 0, 1])
    for sample, pixels in zip(found.parts["train"], drawn, strict=True):
        assert (sample.mask.label_map() == expected[pixels]).all()


def test_segmentation_mask_of_cvat_without_its_lists(tmp_path: Path):
    drawn = cvat_segmentation_mask(tmp_path)
    assert mask_folders.signs(tmp_path) is None, "the lists say which parts there are"
    shutil.rmtree(tmp_path / "ImageSets")
    found = read(tmp_path)
    assert found.classes == ("background", "road sign", "car")
    for sample, pixels in zip(found.parts["train"], drawn, strict=True):
        assert (sample.mask.label_map() == pixels).all()


def test_black_and_white_masks_need_no_list(tmp_path: Path):
    drawn = simple(tmp_path, classes=2)
    (tmp_path / "classes.txt").unlink()
    for number, pixels in enumerate(drawn):
        write_numbers(tmp_path / f"masks/{number:02d}.png", pixels * 255)
    found = read(tmp_path)
    assert found.classes == ("background", "foreground")
    for sample, pixels in zip(found.parts["train"], drawn, strict=True):
        assert (sample.mask.label_map() == pixels).all()


def test_mask_of_a_turned_image_is_turned_with_it(tmp_path: Path):
    drawn = simple(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6  # the stored image is to be turned by 90 degrees clockwise
    write_image(tmp_path / "images/03.jpg", exif=exif)
    found = read(tmp_path)
    sample = found.parts["train"][3]
    assert (sample.width, sample.height) == (HEIGHT, WIDTH)
    assert (sample.mask.label_map() == np.rot90(drawn[3], -1)).all()
    assert any("annotations of 1 image (" in note and "EXIF" in note for note in found.notes)
    # A mask that was drawn on the upright image stays as it is.
    write_numbers(tmp_path / "masks/03.png", np.ascontiguousarray(drawn[3].T))
    assert read(tmp_path).parts["train"][3].mask.in_place == f"{tmp_path}/masks/03.png"


def test_lists_beside_the_folders_divide_them(tmp_path: Path):
    simple(tmp_path, 6)
    (tmp_path / "train.txt").write_text("00\n01.jpg\n05\n")
    (tmp_path / "val.txt").write_text("02\n03\n04\n")
    found = read(tmp_path)
    names = {part: [Path(s.file).stem for s in samples] for part, samples in found.parts.items()}
    assert names == {"train": ["00", "01", "05"], "val": ["02", "03", "04"]}


def test_part_without_masks_is_said(tmp_path: Path):
    for part in ("train", "test"):
        write_image(tmp_path / f"images/{part}/a.jpg")
    write_numbers(tmp_path / "masks/train/a.png", labels(0, 2))
    found = read(tmp_path)
    assert list(found.parts) == ["train"]
    assert "images/test has no masks: it is not used" in found.notes


def spoil(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_bytes(b"not an image")


@pytest.mark.parametrize(
    ("spoil", "told", "kept"),
    [
        (lambda root: (root / "masks/03.png").unlink(), "1 image without a mask (", 19),
        (lambda root: (root / "images/03.jpg").unlink(), "1 mask without an image (", 19),
        (spoil("masks/03.png"), "1 mask that cannot be read (", 19),
        (spoil("images/03.jpg"), "1 image that cannot be read (", 19),
        (
            lambda root: write_numbers(root / "masks/03.png", np.zeros((9, 9), np.uint8)),
            "1 image of another size than their annotation says (",
            19,
        ),
        (
            lambda root: write_image(root / "images/03.PNG"),
            "1 image whose mask another image has (",
            20,
        ),
        (lambda root: (root / "images/Thumbs.db").write_bytes(b"x"), "1 .db file (", 20),
    ],
)
def test_what_is_left_out_is_counted(spoil: Callable, told: str, kept: int, tmp_path: Path):
    simple(tmp_path)
    spoil(tmp_path)
    found = read(tmp_path)
    assert [str(omission)[: len(told)] for omission in found.left_out] == [told]
    assert len(found.parts["train"]) == kept


def test_more_than_a_tenth_left_out_is_an_error(tmp_path: Path):
    simple(tmp_path)
    for number in range(3):
        (tmp_path / f"masks/{number:02d}.png").unlink()
    with pytest.raises(ValueError, match=r"3 images without a mask .* more than 10% of 20"):
        read(tmp_path)


def test_no_pair_is_an_error(tmp_path: Path):
    simple(tmp_path, 3)
    for file in sorted((tmp_path / "masks").iterdir()):
        file.rename(file.with_name(f"seg{file.name}"))
    told = (
        r"no image of .*images \(such as 00.jpg\) has a mask of its name in .*\(such as seg00.png"
    )
    with pytest.raises(ValueError, match=told):
        read(tmp_path)


def test_list_above_the_root_is_not_taken(tmp_path: Path):
    (tmp_path / "classes.txt").write_text("wrong\nlist\nhere\n")
    root = tmp_path / "data"
    roboflow_masks(root)
    shutil.move(root / "train", root / "images")
    assert "wrong" not in read(root / "images").classes


def test_odd_names_and_links(tmp_path: Path):
    simple(tmp_path / "real")
    odd = tmp_path / "real/images/ümlaut, with 'quotes' [1].jpg"
    (tmp_path / "real/images/00.jpg").rename(odd)
    (tmp_path / "real/masks/00.png").rename(tmp_path / f"real/masks/{odd.stem}.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    found = read(tmp_path / "link")
    assert any(
        sample.file == f"{tmp_path}/link/images/{odd.name}" for sample in found.parts["train"]
    )
