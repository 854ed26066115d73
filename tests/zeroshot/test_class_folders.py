"""Folders of classes: evaluation lists what training lists, and says what it leaves out."""

from pathlib import Path

import pytest
from PIL import Image

from iclip.datasets import LabelledImages
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.class_folders import class_folders, folders_of

TEXTS = ClassTexts([ClassText(name, (name,)) for name in ("n1", "n2", "n3")])


@pytest.fixture
def odd_tree(tmp_path: Path) -> Path:
    """Any depth, any case, hidden files and folders, links, other files."""
    root = tmp_path / "photos"
    images = (
        "n1/a.jpg", "n1/A.JPG", "n1/deep/er/b.jpeg", "n1/b.JPEG", "n2/images/c.png", "n2/d.WebP",
        "n2/e f.Tiff", "n3/x.tar.jpg", "n3/ü.bmp",
    )  # fmt: skip
    others = (
        "n1/._a.jpg", "n1/.hidden.png", "n1/jpg", "n1/readme.txt", "n2/c_boxes.txt", "n2/.jpg",
        "n3/x.jpg.part", "n3/Thumbs.db", "readme.md", ".DS_Store", ".cache/z.jpg",
    )  # fmt: skip
    for name in (*images, *others):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/linked.jpg").write_bytes(b"x")
    (root / "n3/link").symlink_to(tmp_path / "elsewhere")
    return root


def test_evaluation_lists_what_training_lists(odd_tree: Path):
    training = LabelledImages(odd_tree, TEXTS, lambda encoded, seed: encoded)
    found = class_folders(odd_tree, TEXTS)
    listed = list(zip(found.pictures.files, found.labels.tolist(), strict=True))
    expected = [(training.sample_name(i), int(training.labels[i])) for i in range(len(training))]
    assert listed == expected
    assert len(listed) == 10


def test_what_is_left_out_is_counted_by_kind(odd_tree: Path):
    told = class_folders(odd_tree, TEXTS).left_out
    assert told.startswith(f"3 hidden ({odd_tree}/n1/._a.jpg), 2 .txt ({odd_tree}/n1/readme.txt)")
    assert "1 .db" in told
    assert "1 .part" in told


def test_folders_of_no_class_are_named(odd_tree: Path):
    (odd_tree / "n9").mkdir()
    with pytest.raises(ValueError, match="1 folder that the class-text table does not know: n9; t"):
        class_folders(odd_tree, TEXTS)


def test_root_without_folders_says_what_is_there(tmp_path: Path):
    with pytest.raises(ValueError, match="absent is no folder; it should hold a folder per class"):
        folders_of(tmp_path / "absent")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"holds no folders of classes \(1 entry: a\.png\)"):
        folders_of(tmp_path)
    (tmp_path / "n1.tar").write_bytes(b"")
    with pytest.raises(ValueError, match=r"holds 1 tar, to be unpacked into folders of classes"):
        folders_of(tmp_path)
