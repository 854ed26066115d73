"""Classes of an evaluation: what is not an image is counted, and what is not a class is named."""

from pathlib import Path

import pytest

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.class_folders import class_folders, classes_of

TEXTS = ClassTexts([ClassText(name, (name,)) for name in ("n1", "n2")])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    names = ("n1/a.jpg", "n1/._a.jpg", "n1/b.txt", "n2/c.png", "n2/c.txt", "n2/x.db", "read.me")
    for name in names:
        file = tmp_path / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return tmp_path / "photos"


def test_what_is_left_out_is_counted_by_kind(root: Path):
    assert class_folders(root, TEXTS).left_out == (
        f"2 .txt files ({root}/n1/b.txt), 1 .db file ({root}/n2/x.db), "
        f"1 hidden file ({root}/n1/._a.jpg), 1 .me file ({root}/read.me)"
    )


def test_classes_that_the_table_lacks_are_named(root: Path):
    (root / "n9").mkdir()
    with pytest.raises(ValueError, match="1 folder that the class-text table does not know: n9; t"):
        class_folders(root, TEXTS)


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (None, "absent is not a folder; it should hold a folder or a tar per class"),
        ([], r"holds no folders of classes \(0 entries\)"),
        (["a.png"], r"holds no folders of classes \(1 entry: a\.png\)"),
        (["n1/", "n2.tar"], r"holds 1 folder \(n1\) and 1 tar \(n2\.tar\): one or the other"),
    ],
)
def test_root_without_classes_says_what_is_there(entries: list[str] | None, told: str, tmp_path):
    root = tmp_path / "absent"
    if entries is not None:
        root.mkdir()
    for entry in entries or ():
        (root / entry).mkdir() if entry.endswith("/") else (root / entry).touch()
    with pytest.raises(ValueError, match=told):
        classes_of(root)
