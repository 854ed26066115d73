"""Each fault of a shard of pairs, at the start and during a run."""

import io
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.mixed_sources import MixedSources
from iclip.datasets.readers.shard_index import DamagedShards
from iclip.datasets.sample_key import SampleKey
from iclip.text.tokenizer import CLIPTokenizer
from tests.faults.images import draw, encoded
from tests.faults.readers import CROP, in_training
from tests.support.tar_files import write_tar

TOKENIZER = CLIPTokenizer()
CAPTIONS = ("a cat", "two dogs", "a red bus")


def image(number: int) -> bytes:
    return encoded(draw(number), "PNG")


def sound_members(first: int = 0) -> dict[str, bytes]:
    """Three pairs; the seed of a pair's image is its key."""
    return {
        name: content
        for number, caption in enumerate(CAPTIONS, first)
        for name, content in ((f"{number}.png", image(number)), (f"{number}.txt", caption.encode()))
    }


def pairs_of(path: Path | list[str], **settings: Any) -> ImageTextPairs:
    shards = path if isinstance(path, list) else str(path)
    return ImageTextPairs(shards, CROP, TOKENIZER, **settings)


def assert_sound(pairs: ImageTextPairs, count: int = 3) -> None:
    """Each image has its own caption, and no other."""
    assert len(pairs) == count
    for index in range(count):
        expected = TOKENIZER([CAPTIONS[index % 3]])[0]
        assert pairs[index]["token_ids"].equal(expected)
        pixels = pairs[index]["image"].permute(1, 2, 0).numpy()
        np.testing.assert_array_equal(pixels, np.asarray(draw(index)))


def in_other_order(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """All texts first, from the last to the first; then the images."""
    texts = {name: members[name] for name in sorted(members, reverse=True) if ".txt" in name}
    return {**texts, **{name: members[name] for name in members if ".png" in name}}


SOUND: dict[str, Callable[[], Mapping[str, bytes]]] = {
    "members out of order": lambda: in_other_order(sound_members()),
    "texts far from images": lambda: {
        **sound_members(), "1.json": bytes(500_000), "0.jpeg.txt": b"other"
    },
    "paths out of the archive": lambda: {
        f"../../{name}" if int(name[0]) % 2 else f"/etc/{name}": content
        for name, content in sound_members().items()
    },
}  # fmt: skip


@pytest.mark.parametrize("shard", SOUND)
def test_odd_shard_is_read_rightly(shard: str, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = write_tar(tmp_path / "a" / "b" / "0.tar", SOUND[shard]())
    assert_sound(pairs_of(path))
    # Nothing is unpacked, here or at the places that the names tell.
    files = {file.name for file in tmp_path.rglob("*") if file.is_file()}
    assert all(name.endswith((".tar", ".idx.npz", ".idx", ".lock")) for name in files)


INCOMPLETE: dict[str, tuple[dict[str, bytes], str]] = {
    "missing text": ({"7.png": image(7)}, "1 image without a text ({}: 7.png)"),
    "missing image": ({"7.txt": b"x"}, "1 text without an image ({}: 7.txt)"),
    "empty text": ({"7.png": image(7), "7.txt": b""}, "1 image without a text ({}: 7.png)"),
    "other member": ({"7.exe": b"MZ"}, "1 .exe member ({}: 7.exe)"),
    "hidden member": ({"._0.png": b""}, "1 hidden member ({}: ._0.png)"),
}


@pytest.mark.parametrize("shard", INCOMPLETE)
def test_what_lacks_its_other_half_is_counted(shard: str, tmp_path: Path) -> None:
    more, told = INCOMPLETE[shard]
    path = write_tar(tmp_path / "0.tar", {**sound_members(), **more})
    pairs = pairs_of(path, without_text="skip")
    assert_sound(pairs)
    assert told.format(path) in str(pairs.summary())


def test_links_are_counted_and_lead_nowhere(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "0.tar", sound_members())
    with tarfile.open(path, "a") as tar:
        for name, target in (("7.png", "8.png"), ("8.png", "7.png"), ("9.txt", "/etc/passwd")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    pairs = pairs_of(path)
    assert_sound(pairs)
    assert "3 links in tars" in str(pairs.summary())


CAPTION_FAULTS = {
    "not UTF-8": (b"caf\xe9 \xff\xfe\xfd", "caption not UTF-8"),
    "blank": (b" \n\t ", "blank caption"),
}
LONG = "a very long caption " * 5000  # 100 kB


@pytest.mark.parametrize("caption", CAPTION_FAULTS)
def test_faulty_caption_is_counted_and_passed_over(caption: str, tmp_path: Path) -> None:
    content, kind = CAPTION_FAULTS[caption]
    members = {**sound_members(), "7.png": image(7), "7.txt": content}
    seen = in_training(pairs_of(write_tar(tmp_path / "0.tar", members)))
    assert [one.kind for one in seen] == [None, None, None, kind]
    assert "0.tar: 7.png" in seen[3].told


@pytest.mark.parametrize(
    "caption", [LONG, "a" * 100_000, "猫" * 33_000], ids=["words", "word", "猫"]
)
def test_caption_of_100_kilobytes_is_cut_at_the_context(caption: str, tmp_path: Path) -> None:
    members = {"0.png": image(0), "0.txt": caption.encode()}
    ids = pairs_of(write_tar(tmp_path / "0.tar", members))[0]["token_ids"]
    assert ids.shape == (TOKENIZER.context_length,)
    start = TOKENIZER([caption[:2000]])[0]  # more than fills the context
    assert ids[:-1].equal(start[:-1])


def _gzipped(content: bytes) -> bytes:
    import gzip

    return gzip.compress(content)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "zero bytes": lambda content: b"",
    "cut in a member": lambda content: content[: len(content) // 2 + 100],
    "cut in a header": lambda content: content[:100],
    "no tar": lambda content: b"<html>404</html>" * 100,
    "compressed": _gzipped,
    "two tars in one": lambda content: content + content,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_shard_is_named_and_left_out_within_the_share(damage: str, tmp_path: Path) -> None:
    write_tar(tmp_path / "0.tar", sound_members())
    bad = write_tar(tmp_path / "1.tar", sound_members(3))
    bad.write_bytes(DAMAGE[damage](bad.read_bytes()))
    if damage == "zero bytes":  # a tar without members, for Python's tarfile and GNU tar alike
        assert len(pairs_of(tmp_path)) == 3
        assert f"1 shard without a sample ({bad})" in str(pairs_of(tmp_path).summary())
        return
    with pytest.raises(DamagedShards, match=r"1 of 2 shards cannot be indexed:\n +.*1\.tar"):
        pairs_of(tmp_path)
    pairs = pairs_of(tmp_path, damaged_shards=0.5)
    assert_sound(pairs)
    assert "1 damaged shard (" in str(pairs.summary())


def shrink(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(700)


def replace(path: Path) -> None:
    """Another shard of the same layout and size, so that only its state tells it."""
    other = write_tar(path.with_name("new"), sound_members(9))
    other.write_bytes(other.read_bytes().ljust(path.stat().st_size, b"\0"))
    os.replace(other, path)


def overwrite(path: Path) -> None:
    size = path.stat().st_size
    other = write_tar(path.with_name("new"), sound_members(9)).read_bytes()
    with path.open("r+b") as file:
        file.write(other[:size])


CHANGES: dict[str, Callable[[Path], object]] = {
    "shrank": shrink,
    "replaced": replace,
    "overwritten": overwrite,
    "gone": lambda path: path.unlink(),
    "a folder now": lambda path: (path.unlink(), path.mkdir()),
    "a pipe now": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("opened_before", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_shard_that_changes_during_the_run_gives_no_wrong_pair(
    change: str, opened_before: bool, tmp_path: Path
) -> None:
    """Its samples are replaced by those of the other, and its file is named in each."""
    for number in range(2):
        write_tar(tmp_path / f"{number}.tar", sound_members(3 * number))
    pairs = pairs_of(tmp_path)
    if opened_before:
        assert_sound(pairs, 6)
    CHANGES[change](tmp_path / "1.tar")
    samples = MixedSources(None, pairs).__getitems__([SampleKey(1, n, n) for n in range(6)])
    errors = [sample["decode_errors"] for sample in samples]
    # What was open is the file that was indexed, unless it was written into.
    still_there = opened_before and change not in ("shrank", "overwritten")
    assert [bool(failures) for failures in errors] == [False] * 3 + [not still_there] * 3
    files = {failure.file for failures in errors for failure in failures}
    assert files == (set() if still_there else {str(tmp_path / "1.tar")})
    known = [np.asarray(draw(number)) for number in range(6 if still_there else 3)]
    for sample in samples:
        pixels = sample["image"].permute(1, 2, 0).numpy()
        (number,) = [n for n, one in enumerate(known) if np.array_equal(one, pixels)]
        assert sample["token_ids"].equal(TOKENIZER([CAPTIONS[number % 3]])[0])


def test_shard_that_changed_before_the_start_is_indexed_again(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "0.tar", sound_members(6))
    assert len(pairs_of(path)) == 3
    write_tar(path, sound_members())
    os.utime(path, ns=(5, 5))
    assert_sound(pairs_of(path))


def test_index_of_another_tar_is_not_believed(tmp_path: Path) -> None:
    """A copied index has the state of the tar that it was made of."""
    one = write_tar(tmp_path / "0.tar", sound_members(6))
    pairs_of(one)
    other = write_tar(tmp_path / "1.tar", sound_members())
    os.utime(other, ns=(5, 5))
    index = io.BytesIO((tmp_path / "0.tar.idx.npz").read_bytes())
    (tmp_path / "1.tar.idx.npz").write_bytes(index.getvalue())
    assert_sound(pairs_of(other))
