"""Images in one folder per class are those that torchvision lists, in its order."""

from collections.abc import Callable
from pathlib import Path

import pytest
from torchvision.datasets import ImageFolder

from iclip.datasets.readers.class_folders import ClassFolders

NAMES = ["a", "b", "empty", "z"]


@pytest.fixture
def root(write_classes: Callable[..., Path]) -> Path:
    """Three classes with images, at several depths, and one without."""
    root = write_classes({"a": 2, "b": 3, "empty": 0, "z": 1})
    for name in ("b/deep/er/1.PNG", "b/deep.jpg", "a/notes.txt", "a/._0.jpg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def torchvisions(root: Path) -> list[tuple[str, int]]:
    (root / "a/._0.jpg").unlink()  # torchvision takes it for an image
    return ImageFolder(root, allow_empty=True).samples


def test_names_and_order_are_torchvisions(root: Path):
    images = ClassFolders(root, NAMES)
    names = [images.sample_name(number) for number in range(sum(images.counts))]
    assert names == [path for path, _ in torchvisions(root)]


def test_counts_are_torchvisions(root: Path):
    labels = [label for _, label in torchvisions(root)]
    assert ClassFolders(root, NAMES).counts == [labels.count(label) for label in range(4)]


def test_files_by_folder_are_torchvisions(root: Path):
    samples = torchvisions(root)
    expected = [[path for path, label in samples if label == wanted] for wanted in range(4)]
    assert list(ClassFolders(root, NAMES).files_by_folder()) == expected


def test_image_is_read_as_it_lies_there(root: Path):
    images = ClassFolders(root, NAMES)
    for number in range(sum(images.counts)):
        assert images.read_image(number) == Path(images.sample_name(number)).read_bytes()


def test_other_files_are_left_out_by_kind(root: Path):
    told = {str(omission) for omission in ClassFolders(root, NAMES).left_out}
    assert told == {f"1 .txt file ({root}/a/notes.txt)", f"1 hidden file ({root}/a/._0.jpg)"}


def test_folder_that_is_not_there_is_an_error(root: Path):
    with pytest.raises(FileNotFoundError):
        ClassFolders(root, ["a", "c"])
