import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iclip.data_summary import Omission
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.tar_index import (
    RECORD,
    TarIndex,
    build_tar_index,
    index_path,
    load_tar_index,
    save_tar_index,
    tar_states,
)
from iclip.files.storage import file_states

WriteTar = Callable[..., Path]
PAIRS, IMAGES = SampleNames("txt"), SampleNames(None)


def samples(path: Path, index: TarIndex) -> list[tuple[bytes, bytes]]:
    whole = path.read_bytes()
    return [
        (whole[ib * 512 : ib * 512 + size], whole[tb * 512 : tb * 512 + length])
        for ib, size, tb, length in index.records.tolist()
    ]


def test_pairs_are_matched_by_key(tmp_path: Path, write_tar: WriteTar) -> None:
    members = {
        "a/0.jpg": b"image 0",
        "a/0.json": b"{}",
        "a/0.txt": b"text 0",
        "b/0.txt": b"text 1",
        "b/0.seg.png": b"not the image",
        "b/0.WEBP": b"image 1",
        "readme": b"no extension",
    }
    path = write_tar(tmp_path / "x.tar", members)
    index = build_tar_index(str(path), PAIRS)
    assert samples(path, index) == [(b"image 0", b"text 0"), (b"image 1", b"text 1")]
    assert index.without_text == ()
    assert {part.what: (part.count, part.example) for part in index.left_out} == {
        ".json members": (1, "a/0.json"),
        ".seg.png members": (1, "b/0.seg.png"),
        "extensionless members": (1, "readme"),
    }


def test_incomplete_pairs_are_noted(tmp_path: Path, write_tar: WriteTar) -> None:
    members = {
        "0.jpg": b"i",
        "1.jpg": b"i",
        "1.txt": b"",
        "2.txt": b"t",
        "3.jpg": b"i",
        "3.txt": b"t",
    }
    index = build_tar_index(str(write_tar(tmp_path / "x.tar", members)), PAIRS)
    assert len(index.records) == 1
    assert index.without_text == ("0.jpg", "1.jpg")
    assert index.left_out == (Omission("texts without an image", 1, "2.txt"),)


def test_other_text_extension_is_found(tmp_path: Path, write_tar: WriteTar) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.jpg": b"i", "0.txt": b"t", "0.caption": b"c"})
    assert samples(path, build_tar_index(str(path), SampleNames("caption"))) == [(b"i", b"c")]


def test_images_without_texts_are_all_taken(tmp_path: Path, write_tar: WriteTar) -> None:
    members = {"n1_2.JPEG": b"1", "n1.3.png": b"2", "._n1_2.JPEG": b"no", "notes.txt": b"no"}
    path = write_tar(tmp_path / "x.tar", members)
    assert samples(path, build_tar_index(str(path), IMAGES)) == [(b"1", b""), (b"2", b"")]


@pytest.mark.parametrize("extension", ["txt", "jpg", "png"])
def test_sample_that_is_there_twice_is_refused(
    tmp_path: Path, write_tar: WriteTar, extension: str
) -> None:
    members = [("0.jpg", b"i"), ("0.txt", b"t"), (f"0.{extension}", b"again")]
    with pytest.raises(ValueError, match=rf"x.tar: the sample '0' .* twice .*0.{extension}\)"):
        build_tar_index(str(write_tar(tmp_path / "x.tar", members)), PAIRS)


@pytest.mark.parametrize("names", [PAIRS, IMAGES])
def test_links_are_counted_and_not_followed(tmp_path: Path, names: SampleNames) -> None:
    """Two in a circle, one out of the tar, and a hard link, of which GNU tar makes copies."""
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        for name in ("0.jpg", "0.txt"):
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
        for name, kind, target in (
            ("1.jpg", tarfile.SYMTYPE, "2.jpg"),
            ("2.jpg", tarfile.SYMTYPE, "1.jpg"),
            ("3.jpg", tarfile.SYMTYPE, "/etc/passwd"),
            ("4.jpg", tarfile.LNKTYPE, "0.jpg"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            tar.addfile(info)
    index = build_tar_index(str(path), names)
    assert len(index.records) == 1
    assert Omission("links in tars", 4, "1.jpg") in index.left_out


def test_saved_index_is_loaded(tmp_path: Path, write_tar: WriteTar) -> None:
    path = write_tar(
        tmp_path / "x.tar", {"0.jpg": b"i", "0.txt": b"t", "ü.jpg": b"i", "2.txt": b"t"}
    )
    index, file = build_tar_index(str(path), PAIRS), tmp_path / "new" / "index.npz"
    save_tar_index(file, index, "state")
    loaded = load_tar_index(file, "state")
    assert loaded is not None
    np.testing.assert_array_equal(loaded.records, index.records)
    assert loaded.without_text == ("ü.jpg",)
    assert loaded.left_out == index.left_out == (Omission("texts without an image", 1, "2.txt"),)


@pytest.mark.parametrize("damage", [None, b"", b"no npz", "half"])
def test_absent_or_damaged_index_is_none(tmp_path: Path, damage: bytes | str | None) -> None:
    file = tmp_path / "index.npz"
    if damage == "half":
        save_tar_index(file, TarIndex(np.zeros(100)), "state")
        damage = file.read_bytes()[:500]
    if isinstance(damage, bytes):
        file.write_bytes(damage)
    assert load_tar_index(file, "state") is None


def test_index_with_any_byte_damaged_is_none_or_whole(tmp_path: Path) -> None:
    file = tmp_path / "index.npz"
    save_tar_index(file, TarIndex(np.zeros(3, RECORD), ("a",), ()), "state")
    content = file.read_bytes()
    for place in range(0, len(content), 3):
        file.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        loaded = load_tar_index(file, "state")
        assert loaded is None or loaded.records.dtype == RECORD


def test_index_of_another_state_is_none(tmp_path: Path) -> None:
    save_tar_index(tmp_path / "i.npz", TarIndex(np.zeros(1)), "state")
    assert load_tar_index(tmp_path / "i.npz", "other state") is None


def test_state_changes_with_size_time_and_question(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(b"1")
    states = [
        tar_states(file_states([str(path)]), PAIRS)[0],
        tar_states(file_states([str(path)]), IMAGES)[0],
        tar_states(file_states([str(path)]), SampleNames("txt", "jpg"))[0],
    ]
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    states.append(tar_states(file_states([str(path)]), PAIRS)[0])
    path.write_bytes(b"12")
    states.append(tar_states(file_states([str(path)]), PAIRS)[0])
    assert len(set(states)) == 5


def test_index_lies_beside_its_tar_or_in_a_folder() -> None:
    assert index_path("/d/x.tar", None) == Path("/d/x.tar.idx.npz")
    one, other = (index_path(f"/{d}/x.tar", Path("/cache")) for d in "de")
    assert one.parent == Path("/cache") and one.name.endswith("-x.tar.idx.npz")
    assert one != other


def test_index_of_a_url_lies_in_the_folder_whatever_its_signature() -> None:
    urls = ("s3://bucket/a/x.tar", "https://host/a/x.tar?sig=1", "https://host/a/x.tar?sig=2")
    one, other, again = (index_path(url, Path("/cache")) for url in urls)
    assert one.parent == other.parent == Path("/cache") and other == again != one
    assert other.name.endswith("-x.tar.idx.npz")
    long = index_path(f"s3://bucket/{'x' * 300}.tar", Path("/cache"))
    assert len(long.name) < 255 and long.name.endswith("x.tar.idx.npz")
