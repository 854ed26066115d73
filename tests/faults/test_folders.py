"""Each oddity of a folder of images: links, pipes, devices, names, rights; for each reader."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iclip.datasets.labelled_images import LabelledImages
from iclip.files import transient
from tests.faults.images import draw, encoded
from tests.faults.readers import (
    CROP,
    Seen,
    class_texts,
    in_evaluation,
    in_training,
    read_downstream,
)

from iclip.predict.input_decoding import read_image  # isort: skip
from iclip.predict.inputs import find_inputs  # isort: skip
from iclip.zeroshot.class_folders import class_folders  # isort: skip

GOOD = encoded(draw(9), "PNG")


def _in_training(root: Path) -> list[Seen]:
    return in_training(LabelledImages(root, class_texts(), CROP))


def _in_evaluation(root: Path) -> list[Seen]:
    return in_evaluation(class_folders(root, class_texts()).reader)


def _in_prediction(root: Path) -> list[Seen]:
    inputs, _ = find_inputs([root], only_videos=False)
    return [read_downstream(read_image, file.path) for file in inputs]


READERS = {"training": _in_training, "evaluation": _in_evaluation, "prediction": _in_prediction}

# Name: what makes ``x.jpg`` in a class's folder, and what is said of it; None: it is no file to
# read, and nothing is said. Files beside the root are given, too.
Make = Callable[[Path], object]
FAULTS: dict[str, tuple[Make, str | None]] = {
    "dangling link": (lambda file: file.symlink_to("gone"), "No such file|no such file"),
    "link to itself": (lambda file: file.symlink_to(file.name), "Too many levels"),
    "links in a circle": (
        lambda file: (file.symlink_to("b.jpg"), file.with_name("b.jpg").symlink_to(file.name)),
        "Too many levels",
    ),
    "pipe": (os.mkfifo, "a pipe or a device"),
    "link to a device": (lambda file: file.symlink_to("/dev/zero"), "a pipe or a device"),
    "folder": (Path.mkdir, None),
    "folder with an image": (
        lambda file: (file.mkdir(), (file / "in.txt").write_bytes(b"x")), None
    ),
    "link to the folder above": (lambda file: file.symlink_to(".."), None),
    "hidden file of another system": (
        lambda file: file.with_name("._x.jpg").write_bytes(b"x"), None
    ),
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A class with two good images, between which the odd one is listed."""
    folder = tmp_path / "root" / "n1"
    folder.mkdir(parents=True)
    for name in ("a.png", "z.png"):
        (folder / name).write_bytes(GOOD)
    return folder.parent


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_read_is_named_and_the_others_are_read(
    fault: str, reader: str, root: Path
) -> None:
    make, told = FAULTS[fault]
    make(root / "n1" / "x.jpg")
    seen = READERS[reader](root)
    assert [one.pixels is not None for one in (seen[0], seen[-1])] == [True, True]
    odd = seen[1:-1]
    assert bool(odd) == (told is not None)
    for one in odd:
        assert one.pixels is None
        (reason,) = [text for text in (told or "").split("|") if text in one.told]
        assert reason and (".jpg" in one.told or reader == "prediction")


SOUND: dict[str, Make] = {
    "hard link": lambda file: os.link(file.with_name("a.png"), file),
    "link within the folder": lambda file: file.symlink_to("a.png"),
    "link out of the folder": lambda file: (
        (file.parents[2] / "far").write_bytes(GOOD), file.symlink_to("../../far")
    ),
    "link to a folder": lambda file: (
        (file.parents[2] / "other").mkdir(),
        (file.parents[2] / "other/in.png").write_bytes(GOOD),
        file.symlink_to("../../other"),
    ),
    "line end": lambda file: file.with_name("x\ny.jpg").write_bytes(GOOD),
    "not UTF-8": lambda file: file.with_name(os.fsdecode(b"x\xff.jpg")).write_bytes(GOOD),
    "longest name": lambda file: file.with_name("x" * 251 + ".jpg").write_bytes(GOOD),
    "marks": lambda file: file.with_name("x {[*?]} %s $HOME 'q\".jpg").write_bytes(GOOD),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", SOUND)
def test_odd_names_and_links_are_read_rightly(kind: str, reader: str, root: Path) -> None:
    SOUND[kind](root / "n1" / "x.jpg")
    seen = READERS[reader](root)
    # A command predicts once on a file, whatever the number of its names.
    same = kind == "link within the folder" and reader == "prediction"
    assert len(seen) == (2 if same else 3)
    for one in seen:
        assert one.pixels is not None
        np.testing.assert_array_equal(one.pixels, np.asarray(draw(9)))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ENOMEM])
def test_file_that_must_not_or_cannot_be_read_is_named(
    code: int, reader: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By root, files without permission can be read: the operating system's answer is made up."""
    (root / "n1" / "x.jpg").write_bytes(GOOD)
    real_open = os.open

    def refuse(path: str, *arguments: int) -> int:
        if str(path).endswith("x.jpg"):
            raise OSError(code, os.strerror(code))
        return real_open(path, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(transient, "sleep", lambda seconds: None)
    seen = READERS[reader](root)
    assert [one.pixels is None for one in seen] == [False, True, False]
    assert os.strerror(code) in seen[1].told
