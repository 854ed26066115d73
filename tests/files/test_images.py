"""Which files are images."""

import os
from pathlib import Path
from typing import Any

import pytest

from iclip.files.images import (
    LeftOut,
    class_entries,
    images_below,
    is_image_name,
)
from tests.support.bucket_server import BucketServer


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.JPG", "a.JPEG", "a.b.c.png", "a .tiff", "below/a.webp", "a.Pgm"]
)
def test_extensions_of_images_count_in_any_case(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["._a.jpg", ".jpg", "jpg", "a.txt", "a.jpg.txt", "a", ""])
def test_files_of_the_system_and_of_other_kinds_are_not_images(name: str) -> None:
    assert not is_image_name(name)


def test_images_are_listed_at_any_depth_and_the_rest_is_counted(tmp_path: Path) -> None:
    for name in ("b/1.JPG", "b/deeper/2.png", "a.jpg", "b/._1.JPG", "b/x.txt", "b/y.TXT", "README"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    left_out = LeftOut()
    found = [
        Path(path).relative_to(tmp_path).as_posix() for path in images_below(tmp_path, left_out)
    ]
    assert found == ["a.jpg", "b/1.JPG", "b/deeper/2.png"]
    assert left_out.counts == {".txt": 2, "hidden": 1, "no extension": 1}
    assert str(left_out).startswith(f"2 .txt ({tmp_path / 'b' / 'x.txt'}), ")


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for name in ("a/1.jpg", "a/b/2.jpg", "elsewhere/3.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "a" / "c").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    left_out = LeftOut()
    found = list(images_below(tmp_path / "a", left_out))
    assert found == [str(tmp_path / "a" / name) for name in ("1.jpg", "b/2.jpg", "c/3.jpg")]
    assert str(left_out) == f"1 links to a folder above ({tmp_path}/a/b/up)"


def test_folder_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match=r"Permission denied: '.*closed'"):
        list(images_below(tmp_path))


def test_class_entries_are_folders_and_tars(tmp_path: Path) -> None:
    for name in ("b", "a", ".cache", "linked"):
        (tmp_path / name).mkdir()
    for name in ("d.tar", "c.TAR", "._c.TAR", "c.tar.idx.npz", "shards-1.idx", "x.jpg", "e.tar.gz"):
        (tmp_path / name).touch()
    (tmp_path / "z").symlink_to(tmp_path / "linked")
    left_out = LeftOut()
    assert class_entries(tmp_path, left_out) == (["a", "b", "linked", "z"], ["c.TAR", "d.tar"])
    assert left_out.counts == {"hidden": 2, ".gz": 1, ".jpg": 1}


def test_hidden_folders_and_files_are_not_classes(tmp_path: Path) -> None:
    for name in ("b", "a", ".cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "c.txt").touch()
    assert class_entries(tmp_path).classes == ["a", "b"]


def test_images_of_a_bucket_are_listed_as_those_of_a_disk(
    tmp_path: Path, bucket: BucketServer
) -> None:
    names = ("b/2.jpg", "b/10.jpg", "a.PNG", "b/c/1.jpeg", "b/notes.txt", "b/._2.jpg", "z/ü .webp")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
        bucket.client.put_object(Bucket="bucket", Key=f"images/{name}", Body=b"x")
    bucket.client.put_object(Bucket="bucket", Key="images/b/", Body=b"")
    listed, left_out = {}, {}
    for root in (str(tmp_path), "s3://bucket/images"):
        left_out[root] = LeftOut()
        listed[root] = [path[len(root) :] for path in images_below(root, left_out[root])]
    assert listed["s3://bucket/images"] == listed[str(tmp_path)]
    assert listed["s3://bucket/images"][0] == "/a.PNG" and len(listed[str(tmp_path)]) == 5
    assert left_out["s3://bucket/images"].counts == left_out[str(tmp_path)].counts


def test_missing_folder_of_a_bucket_is_an_error(bucket: BucketServer) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file below s3://bucket/none"):
        list(images_below("s3://bucket/none"))


def test_classes_of_a_bucket_are_listed(bucket: BucketServer) -> None:
    for key in ("n1.tar", "n0.TAR", ".n2.tar", "readme.md", "n1.tar.idx.npz"):
        bucket.client.put_object(Bucket="bucket", Key=f"classes/{key}", Body=b"x")
    left_out = LeftOut()
    entries = class_entries("s3://bucket/classes", left_out)
    assert (entries.folders, entries.tars) == ([], ["n0.TAR", "n1.tar"])
    assert left_out.counts == {".md": 1, "hidden": 1}
    assert left_out.examples["hidden"] == "s3://bucket/classes/.n2.tar"
