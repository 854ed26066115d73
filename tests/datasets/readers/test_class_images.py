"""Training, evaluation, probes and predictions list the same images of the same folder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from timm.data import ImageNetInfo

from iclip.datasets import LabelledImages
from iclip.predict.inputs import find_inputs
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.class_folders import LabelledSet, class_folders
from iclip.zeroshot.imagenet import open_imagenet
from iclip.zeroshot.kornblith import ENTRIES
from iclip.zeroshot.probe_folders import probe_folders

WNIDS = ImageNetInfo("imagenet-1k").label_names()[:3]
TEXTS = ClassTexts([ClassText(name, (name,)) for name in WNIDS])
IMAGES = (
    "0/A.JPG", "0/a.jpg", "0/b.JPEG", "0/deep/er/b.jpeg", "1/d.WebP", "1/e f.Tiff", "1/g.pgm",
    "1/images/c.png", "2/x.tar.jpg", "2/ü.bmp", "2/link/linked.jpg",
)  # fmt: skip
OTHERS = (
    "0/._a.jpg", "0/.hidden.png", "0/jpg", "0/readme.txt", "1/c_boxes.txt", "1/.jpg",
    "2/x.jpg.part", "2/Thumbs.db", "readme.md", ".DS_Store", ".cache/z.jpg",
)  # fmt: skip


def in_class(name: str) -> str:
    """Replace the number of a class by its id."""
    number, slash, rest = name.partition("/")
    return f"{WNIDS[int(number)]}/{rest}" if slash and number.isdecimal() else name


@pytest.fixture
def odd_tree(tmp_path: Path) -> Path:
    """Any depth, any case, hidden files and folders, links (one in a circle), other files."""
    root = tmp_path / "val"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "linked.jpg").write_bytes(b"x")
    for name in map(in_class, (*IMAGES[:-1], *OTHERS)):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    (root / in_class("2/link")).symlink_to(elsewhere)
    (root / in_class("0/deep/circle")).symlink_to(root / WNIDS[0])
    return root


def names_in(labelled: LabelledSet) -> list[str]:
    return [labelled.reader.name(index) for index in range(len(labelled))]


def trained_on(root: Path) -> list[str]:
    images = LabelledImages(root, TEXTS, lambda encoded, seed: encoded)
    paths = [Path(images.sample_name(index)) for index in range(len(images))]
    return [str(path.relative_to(root)) for path in paths]


READERS: dict[str, Callable[[Path], list[str]]] = {
    "training": trained_on,
    "own set": lambda root: names_in(class_folders(root, TEXTS)),
    "probe": lambda root: names_in(probe_folders(root, root)[1][0]),
    "ImageNet": lambda root: names_in(open_imagenet(root.parent).labelled),
    "Birdsnap": lambda root: names_in(
        ENTRIES["birdsnap"].open(root.rename(root.with_name("test")).parent).labelled
    ),
    "prediction": lambda root: [
        str(file.path.relative_to(root))
        for file in find_inputs([root / wnid for wnid in WNIDS], only_videos=False)[0]
    ],
}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_lists_the_same_images(reader: str, odd_tree: Path) -> None:
    assert sorted(READERS[reader](odd_tree)) == sorted(map(in_class, IMAGES))


@pytest.mark.parametrize("reader", [name for name in READERS if name != "prediction"])
def test_order_is_that_of_training(reader: str, odd_tree: Path) -> None:
    expected = trained_on(odd_tree)
    assert READERS[reader](odd_tree) == expected


def test_labels_of_evaluation_are_those_of_training(odd_tree: Path) -> None:
    training = LabelledImages(odd_tree, TEXTS, lambda encoded, seed: encoded)
    assert class_folders(odd_tree, TEXTS).labels.tolist() == training.labels.tolist()


def test_tars_per_class_are_evaluated_as_folders_are(
    tmp_path: Path, write_tar: Callable[..., Path], write_classes: Callable[..., Path]
) -> None:
    folders = write_classes(dict.fromkeys(WNIDS, 2))
    for wnid in WNIDS:
        files = sorted((folders / wnid).iterdir())
        write_tar(tmp_path / "tars" / f"{wnid}.tar", {f.name: f.read_bytes() for f in files})
    unpacked, packed = (class_folders(root, TEXTS) for root in (folders, tmp_path / "tars"))
    assert packed.labels.tolist() == unpacked.labels.tolist()
    for index in range(len(unpacked)):
        content = packed.reader.content(index)
        assert content == unpacked.reader.content(index)
        assert np.array_equal(packed.reader.decode(content), unpacked.reader.decode(content))
    assert packed.reader.name(2) == f"{WNIDS[1]}.tar: 002.jpg"
