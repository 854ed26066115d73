from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision.datasets import ImageFolder

from iclip.datasets.labelled_images import LabelledImages
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.transforms import ResizeCenterCrop
from iclip.text.class_texts import write_class_texts

WriteClasses = Callable[..., Path]
TRANSFORM = ResizeCenterCrop(24)


@pytest.fixture
def tars(tmp_path: Path, write_tar: Callable[..., Path], encode: Callable[..., bytes]) -> Path:
    """The same images as write_classes({"bird": 2, "cat": 1, "dog": 3}), a tar a class."""
    number = 0
    for name, count in {"bird": 2, "cat": 1, "dog": 3}.items():
        numbers = range(number, number + count)
        write_tar(tmp_path / "tars" / f"{name}.tar", {f"{i}.JPEG": encode(seed=i) for i in numbers})
        number += count
    return tmp_path / "tars"


@pytest.fixture
def folders(write_classes: WriteClasses) -> Path:
    return write_classes({"bird": 2, "cat": 1, "dog": 3})


def test_lists_what_torchvision_lists(folders: Path, class_texts: Any) -> None:
    (folders / "dog" / "sub").mkdir()
    (folders / "dog" / "sub" / "x.PNG").write_bytes(b"")
    (folders / "dog" / "notes.txt").write_bytes(b"")
    oracle = ImageFolder(folders)
    dataset = LabelledImages(folders, class_texts(*oracle.classes), TRANSFORM)
    assert [dataset.sample_name(i) for i in range(len(dataset))] == [
        path for path, _ in oracle.samples
    ]
    assert dataset.labels.tolist() == oracle.targets


def test_labels_are_positions_in_the_table(folders: Path, class_texts: Any) -> None:
    dataset = LabelledImages(folders, class_texts("cat", "mouse", "dog", "bird"), TRANSFORM)
    labels = [dataset[i]["gt_label"] for i in range(len(dataset))]
    assert labels == [3, 3, 0, 2, 2, 2] == dataset.labels.tolist()
    assert dataset.metainfo["class_ids"] == ("cat", "mouse", "dog", "bird")


def test_tar_a_class_equals_folder_a_class(folders: Path, tars: Path, class_texts: Any) -> None:
    texts = class_texts("bird", "cat", "dog")
    from_folders, from_tars = (LabelledImages(root, texts, TRANSFORM) for root in (folders, tars))
    assert len(from_folders) == len(from_tars) == 6
    for one, other in zip(from_folders, from_tars, strict=True):
        assert one["gt_label"] == other["gt_label"]
        assert one["image"].equal(other["image"])
    assert from_tars.sample_name(3) == f"{tars / 'dog.tar'}: 3.JPEG"


def test_table_may_be_a_file(folders: Path, tmp_path: Path, class_texts: Any) -> None:
    write_class_texts(tmp_path / "t.jsonl", class_texts("dog", "cat", "bird"))
    dataset = LabelledImages(
        folders, tmp_path / "t.jsonl", {"type": "ResizeCenterCrop", "size": 24}
    )
    assert dataset[0]["gt_label"] == 2


def test_fraction_takes_the_same_of_every_class(
    write_classes: WriteClasses, class_texts: Any
) -> None:
    root = write_classes({"a": 10, "b": 20, "c": 5, "d": 7})
    dataset = LabelledImages(root, class_texts("a", "b", "c", "d"), TRANSFORM, fraction=0.5)
    assert len(dataset) == 21
    counts = np.bincount(dataset.labels)
    assert np.abs(counts - [5, 10, 2.5, 3.5]).max() <= 1
    assert [dataset[i]["gt_label"] for i in range(21)] == dataset.labels.tolist()


def test_summary_says_what_is_read_and_what_is_not(folders: Path, class_texts: Any) -> None:
    for name in ("dog/readme.TXT", "dog/._3.jpg", "dog/x/3.heic", "stray.jpg"):
        (folders / name).parent.mkdir(exist_ok=True)
        (folders / name).touch()
    texts = class_texts("bird", "cat", "dog", "x", "y")
    dataset = LabelledImages(folders, texts, TRANSFORM, fraction=0.5)
    assert str(dataset.summary()) == (
        f"LabelledImages {folders}: 3 images, 6 images in store, 3 classes, "
        "5 lines of the class table; left out: "
        f"1 .heic file ({folders}/dog/x/3.heic), 1 .txt file ({folders}/dog/readme.TXT), "
        f"1 hidden file ({folders}/dog/._3.jpg), 1 .jpg file ({folders}/stray.jpg), "
        "2 lines of the class table without images (x)"
    )


def test_summary_of_tars_counts_other_members(
    tars: Path, write_tar: Callable[..., Path], encode: Callable[..., bytes], class_texts: Any
) -> None:
    write_tar(tars / "eel.tar", {"0.jpg": encode(), "0.xml": b"", "._0.jpg": b""})
    (tars / "bird.tar.md5").touch()
    texts = class_texts("bird", "cat", "dog", "eel")
    for _ in range(2):
        dataset = LabelledImages(tars, texts, TRANSFORM)
        assert str(dataset.summary()) == (
            f"LabelledImages {tars}: 7 images, 4 classes, 4 lines of the class table; left out: "
            f"1 .xml member ({tars}/eel.tar: 0.xml), 1 hidden member ({tars}/eel.tar: ._0.jpg), "
            f"1 .md5 file ({tars}/bird.tar.md5)"
        )


@pytest.mark.parametrize("kind", ["folders", "tars"])
def test_label_outside_the_table_is_refused(
    kind: str, class_texts: Any, request: pytest.FixtureRequest
) -> None:
    root = request.getfixturevalue(kind)
    with pytest.raises(ValueError) as error:
        LabelledImages(root, class_texts("cat", "n1"), TRANSFORM)
    message = str(error.value)
    assert message.startswith("label outside the class table: 2 of 3 classes")
    assert "among the 2 of the table: bird, dog. " in message
    assert f"python tools/build_class_texts.py --wnids {root}" in message


def test_many_labels_outside_are_counted(write_classes: WriteClasses, class_texts: Any) -> None:
    root = write_classes({f"c{i:02d}": 1 for i in range(14)})
    with pytest.raises(ValueError, match=r"14 of 14 .* c00, .*, c09 and 4 more"):
        LabelledImages(root, class_texts("other"), TRANSFORM)


def test_missing_root_is_explained(tmp_path: Path, class_texts: Any) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"LabelledImages\(root=.*no such folder.*ICLIP_DATA"
    ):
        LabelledImages(tmp_path / "nowhere", class_texts("a"), TRANSFORM)


@pytest.mark.parametrize("content", [[], ["a.jpg"], [".hidden/a.jpg"]])
def test_root_without_classes_is_explained(
    tmp_path: Path, class_texts: Any, content: list[str]
) -> None:
    for name in content:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(FileNotFoundError, match=r"neither a folder nor a \.tar for each class"):
        LabelledImages(tmp_path, class_texts("a"), TRANSFORM)


def test_empty_classes_are_named(write_classes: WriteClasses, class_texts: Any) -> None:
    root = write_classes({"a": 1, "b": 0, "c": 0})
    with pytest.raises(ValueError, match=r"2 of 3 classes in .* hold no image: b, c"):
        LabelledImages(root, class_texts("a", "b", "c"), TRANSFORM)


def test_empty_classes_say_what_they_hold_instead(
    write_classes: WriteClasses, class_texts: Any
) -> None:
    root = write_classes({"a": 1, "b": 0})
    (root / "b" / "0.heic").touch()
    with pytest.raises(ValueError, match=r"hold no image: b \(not images: 1 \.heic file \(.*heic"):
        LabelledImages(root, class_texts("a", "b"), TRANSFORM)


def test_root_with_images_only_says_so(tmp_path: Path, class_texts: Any) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(FileNotFoundError, match=r"for each class; there are 1 \.jpg \(.*a\.jpg\)"):
        LabelledImages(tmp_path, class_texts("a"), TRANSFORM)


def test_empty_class_tars_are_named(
    tars: Path, write_tar: Callable[..., Path], class_texts: Any
) -> None:
    write_tar(tars / "void.tar", {})
    with pytest.raises(ValueError, match=r"1 of 4 classes in .* hold no image: void"):
        LabelledImages(tars, class_texts("bird", "cat", "dog", "void"), TRANSFORM)


def test_folders_and_tars_together_are_refused(tars: Path, class_texts: Any) -> None:
    (tars / "mouse").mkdir()
    with pytest.raises(ValueError, match=r"1 folder \(mouse\) and 3 tars \(bird\.tar, .*: one or"):
        LabelledImages(tars, class_texts("a"), TRANSFORM)


def test_damaged_image_is_an_error_with_its_name(folders: Path, class_texts: Any) -> None:
    path = folders / "cat" / "002.jpg"
    path.write_bytes(path.read_bytes()[:200])
    dataset = LabelledImages(folders, class_texts("bird", "cat", "dog"), TRANSFORM)
    with pytest.raises(DecodeError, match=r"cat/002\.jpg: "):
        dataset[2]
