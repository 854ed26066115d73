"""Folders that a probe cannot be fitted on are refused by the names of their classes."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from iclip.commands import probe as command
from iclip.commands.command_line import main
from iclip.zeroshot.probe import few_shot, linear_probe
from iclip.zeroshot.probe_folders import check_classes, probe_folders, shots_left_out

CLASSES = ["crane", "tench", "lemon"]


def labels(*counts: int) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


@pytest.mark.parametrize(
    ("train", "test", "told"),
    [
        ((9, 0, 9), (1, 1, 1), "--train T has no image of 1 class that --test V has: tench. Add"),
        ((9, 1, 9), (1, 1, 1), "--train T: 1 class with one image only: tench. A fifth of the im"),
        ((1, 1, 9), (1, 1, 1), "--train T: 2 classes with one image only: crane, tench"),
        ((9, 0, 0), (1, 0, 0), "--train T has images of fewer than two classes"),
        ((4, 2, 2), (1, 1, 1), "has 8 images of 3 classes: a fifth of them, 2, is .* Give 11 ima"),
    ],
)
def test_classes_with_too_few_images_are_named(train, test, told: str):
    with pytest.raises(ValueError, match=told):
        check_classes(labels(*train), labels(*test), CLASSES, "T", "V")


@pytest.mark.parametrize("train", [(4, 4, 3), (2, 2, 20), (9, 9, 0)])
def test_what_passes_can_be_fitted(train: tuple[int, ...]):
    random = np.random.default_rng(0)
    fitted, tested = labels(*train), labels(*(min(count, 1) for count in train))
    check_classes(fitted, tested, CLASSES, "T", "V")
    rows = random.normal(size=(len(fitted), 4)).astype(np.float32)
    linear_probe(rows, fitted, rows[: len(tested)], tested)


@pytest.mark.parametrize("labelled", [[0, 1], [1, 2], [0, 1, 2]], ids=str)
def test_accuracy_is_scikit_learns_whatever_labels_are_fitted(labelled: list[int]):
    random = np.random.default_rng(1)
    fitted = np.repeat(labelled, 12)
    rows = random.normal(size=(len(fitted), 6)).astype(np.float32) + fitted[:, None] / 2
    tested = np.repeat([0, 1, 2], 20)
    test = random.normal(size=(60, 6)).astype(np.float32) + tested[:, None] / 2
    found = linear_probe(rows, fitted, test, tested)
    expected = LogisticRegression(C=found["C"], max_iter=1000).fit(rows, fitted)
    assert found["top1"] == pytest.approx(100 * expected.score(test, tested))


def test_shots_that_a_class_cannot_give_are_said():
    fitted = labels(40, 12, 30)
    rows = np.random.default_rng(0).normal(size=(82, 4)).astype(np.float32)
    found = few_shot(rows, fitted, rows, fitted, shots=(1, 8, 16), seeds=1)
    told = shots_left_out(fitted, CLASSES, found, shots=(1, 8, 16))
    assert (
        told == "left out: 16 images per class. tench has 12 images, of which a fifth is held out"
    )
    assert shots_left_out(fitted, CLASSES, (1, 8, 16), shots=(1, 8, 16)) == ""


def test_class_that_training_lacks_is_named(photos: Path, tmp_path: Path):
    shutil.copytree(photos, tmp_path / "train")
    shutil.rmtree(tmp_path / "train/n2")
    with pytest.raises(
        ValueError, match=r"--test .*photos has 1 class of 3 that .* lacks: n2\. Add"
    ):
        probe_folders(tmp_path / "train", photos)


def test_hidden_folders_are_no_classes(photos: Path):
    (photos / ".thumbnails").mkdir()
    classes, parts = probe_folders(photos, photos)
    assert classes == ["n1", "n2", "n3"]
    assert [len(part) for part in parts] == [15, 15]


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        ((), "--train .*few holds no folders of classes"),
        (("n1",), "--train .*few should hold folders of two or more classes"),
    ],
)
def test_training_part_of_too_few_classes(keep, told: str, photos: Path, tmp_path: Path):
    (tmp_path / "few").mkdir()
    for name in keep:
        shutil.copytree(photos / name, tmp_path / "few" / name)
    with pytest.raises(ValueError, match=told):
        probe_folders(tmp_path / "few", photos)


def test_class_of_one_image_ends_the_command_in_one_line(
    tiny_name: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    for file in sorted((photos / "n2").iterdir())[1:]:
        file.unlink()
    line = [tiny_name, "--train", str(photos), "--test", str(photos), "--device", "cpu"]
    assert main(command, [*line, "--cache", str(tmp_path / "c")]) == 2
    assert f"--train {photos}: 1 class with one image only: n2." in capsys.readouterr().err
