"""Cityscapes' folders: which masks count, what they store, and what is left out."""

from pathlib import Path

import numpy as np
import pytest

from iclip.own_data import recognize
from iclip.own_data.masks import cityscapes
from iclip.own_data.masks.masked_image import IGNORED
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import HEIGHT, WIDTH, write_image, write_numbers

# Road, person, a class that is not evaluated, and the car's license plate, by `id`.
IDS = np.array([7, 24, 1, 255], dtype=np.uint8)


def write(root: Path, part: str, count: int, ending: str = "labelIds", masks: str = "gtFine"):
    """Images of a city with masks of one kind."""
    for number in range(count):
        name = f"{part}/ulm/ulm_{number:06}_000019"
        write_image(root / f"leftImg8bit/{name}_leftImg8bit.png")
        write_numbers(root / masks / f"{name}_{masks}_{ending}.png", pixels(part, number))
        write_numbers(root / masks / f"{name}_{masks}_instanceIds.png", pixels(part, number))


def pixels(part: str, number: int) -> np.ndarray:
    chosen = np.random.default_rng([len(part), number]).integers(0, len(IDS), (HEIGHT, WIDTH))
    chosen[0, :2] = 0, 1
    return IDS[chosen]


def test_numbers_of_the_data_set_become_labels_of_its_classes(tmp_path: Path):
    write(tmp_path, "train", 3)
    write(tmp_path, "val", 2)
    data = recognize(tmp_path, SEGMENTATION)
    assert (data.format, len(data.classes)) == ("Cityscapes", 19)
    labels = {7: data.classes.index("road"), 24: data.classes.index("person")}
    for part, count in (("train", 3), ("val", 2)):
        assert len(data.parts[part]) == count
        for number, sample in enumerate(data.parts[part]):
            expected = [[labels.get(int(v), IGNORED) for v in row] for row in pixels(part, number)]
            np.testing.assert_array_equal(sample.mask.label_map(), expected)


@pytest.mark.parametrize(("count", "kind"), [(3, "labelTrainIds"), (2, "labelIds")])
def test_training_numbers_count_where_all_images_have_them(count: int, kind: str, tmp_path: Path):
    write(tmp_path, "train", 3)
    for number in range(count):
        name = f"gtFine/train/ulm/ulm_{number:06}_000019_gtFine_labelTrainIds.png"
        write_numbers(tmp_path / name, np.zeros((HEIGHT, WIDTH), dtype=np.uint8))
    found = cityscapes.read(tmp_path, SEGMENTATION)
    assert found.notes[0].startswith(f"the masks are Cityscapes' {kind}")
    assert len(found.parts["train"]) == 3


def test_a_class_list_of_its_own_counts_and_coarse_masks_are_read(tmp_path: Path):
    write(tmp_path, "default", 3, masks="gtCoarse")
    (tmp_path / "classes.txt").write_text("7: ground\n24: walker\n1: void\n")
    found = cityscapes.read(tmp_path, SEGMENTATION)
    assert found.classes == ("ground", "walker")


def test_masks_of_test_that_hold_nothing_are_not_a_part(tmp_path: Path):
    write(tmp_path, "train", 3)
    name = "test/bonn/bonn_000000_000019"
    write_image(tmp_path / f"leftImg8bit/{name}_leftImg8bit.png")
    blank = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    write_numbers(tmp_path / f"gtFine/{name}_gtFine_labelIds.png", blank)
    found = cityscapes.read(tmp_path, SEGMENTATION)
    assert list(found.parts) == ["train"]
    assert "test: its masks hold no class, so there is no test part" in found.notes


def test_masks_without_their_images_are_an_error_that_says_where_these_belong(tmp_path: Path):
    write(tmp_path, "train", 4)
    for number in (0, 2):
        (tmp_path / f"leftImg8bit/train/ulm/ulm_{number:06}_000019_leftImg8bit.png").unlink()
    with pytest.raises(ValueError, match=r"2 masks without an image .* images into leftImg8bit/"):
        cityscapes.read(tmp_path, SEGMENTATION)


def test_lists_say_more_than_folders(tmp_path: Path):
    write(tmp_path, "train", 3)
    name = "train/ulm/ulm_000000_000019"
    line = f"leftImg8bit/{name}_leftImg8bit.png gtFine/{name}_gtFine_labelIds.png\n"
    (tmp_path / "train.txt").write_text(line)
    assert cityscapes.signs(tmp_path) is None


@pytest.mark.parametrize("folder", ["leftImg8bit", "gtFine"])
def test_one_of_the_folders_is_not_a_sign(folder: str, tmp_path: Path):
    (tmp_path / folder).mkdir()
    assert cityscapes.signs(tmp_path) is None
