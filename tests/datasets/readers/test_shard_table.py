import multiprocessing
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.data_summary import Omission
from iclip.datasets.readers import open_files
from iclip.datasets.readers import shard_table as module
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import ShardIndex
from iclip.datasets.readers.shard_table import ShardTable
from iclip.datasets.readers.tar_index import INDEX_BYTES_PER_SAMPLE

WriteShard = Callable[..., Path]
WriteTar = Callable[..., Path]
Encode = Callable[..., bytes]
PAIRS = SampleNames("txt")


@pytest.fixture
def shards(tmp_path: Path, write_shard: WriteShard) -> list[str]:
    captions = [["zero", "one", "two"], ["three"], ["four", "five"]]
    firsts = [0, 3, 4]
    return [
        str(write_shard(tmp_path / f"{i}.tar", first, texts))
        for i, (first, texts) in enumerate(zip(firsts, captions, strict=True))
    ]


def everything(table: ShardTable) -> list[tuple[bytes, bytes]]:
    return [table.read_pair(i) for i in range(len(table))]


@pytest.fixture
def expected(encode: Encode) -> list[tuple[bytes, bytes]]:
    texts = [b"zero", b"one", b"two", b"three", b"four", b"five"]
    return [(encode(seed=i), text) for i, text in enumerate(texts)]


def test_reads_every_sample(shards: list[str], expected: list[tuple[bytes, bytes]]) -> None:
    table = ShardTable(shards, PAIRS)
    assert everything(table) == expected
    assert table.starts.tolist() == [0, 3, 4, 6]


def test_indices_take_the_stated_bytes_per_sample(tmp_path: Path, write_tar: WriteTar) -> None:
    members = {f"{i}.{kind}": b"x" for i in range(3_000) for kind in ("jpg", "txt")}
    shard = write_tar(tmp_path / "x.tar", members)
    ShardTable([str(shard)], PAIRS)
    written = sum(path.stat().st_size for path in tmp_path.iterdir() if path != shard)
    assert written == pytest.approx(3_000 * INDEX_BYTES_PER_SAMPLE, rel=0.05)


def test_reads_image_and_text_that_lie_far_apart(tmp_path: Path, write_tar: WriteTar) -> None:
    members = {"0.txt": b"first", "0.raw": bytes(200_000), "0.jpg": b"image"}
    table = ShardTable([str(write_tar(tmp_path / "x.tar", members))], PAIRS)
    assert everything(table) == [(b"image", b"first")]


@pytest.mark.parametrize("order", [("0.txt", "0.jpg"), ("0.jpg", "0.txt")])
def test_order_in_the_tar_does_not_matter(
    tmp_path: Path, write_tar: WriteTar, order: tuple[str, str]
) -> None:
    table = ShardTable([str(write_tar(tmp_path / "x.tar", {n: n.encode() for n in order}))], PAIRS)
    assert everything(table) == [(b"0.jpg", b"0.txt")]


def test_known_shards_need_no_index(
    shards: list[str], expected: list[tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ShardTable(shards, PAIRS)
    monkeypatch.setattr(ShardIndex, "build", None)
    monkeypatch.setattr(ShardIndex, "load", None)
    assert everything(ShardTable(shards, PAIRS)) == expected


def test_changed_shard_is_noticed(
    shards: list[str], write_shard: WriteShard, encode: Encode
) -> None:
    ShardTable(shards, PAIRS)
    write_shard(Path(shards[1]), 10, ["new", "newer"])
    table = ShardTable(shards, PAIRS)
    assert table.starts.tolist() == [0, 3, 5, 7]
    assert table.read_pair(4) == (encode(seed=11), b"newer")


def test_selections_of_shards_do_not_mix(shards: list[str]) -> None:
    sizes = [
        len(ShardTable(chosen, PAIRS)) for chosen in (shards, shards[1:], shards[::-1], shards)
    ]
    assert sizes == [6, 3, 6, 6]
    assert ShardTable(shards[::-1], PAIRS).read_pair(0)[1] == b"four"


def test_pickles_without_the_records(
    shards: list[str], expected: list[tuple[bytes, bytes]]
) -> None:
    pickled = pickle.dumps(ShardTable(shards, PAIRS))
    assert everything(pickle.loads(pickled)) == expected


def test_forked_workers_read_the_same(
    shards: list[str], expected: list[tuple[bytes, bytes]]
) -> None:
    table = ShardTable(shards, PAIRS)
    table.read_pair(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(table.read_pair, range(6)) == expected


def test_names_a_sample(shards: list[str]) -> None:
    assert ShardTable(shards, PAIRS).sample_name(4) == f"{shards[2]}: 000000004.jpg"


def test_names_a_sample_of_a_shard_that_is_gone(shards: list[str]) -> None:
    table = ShardTable(shards, PAIRS)
    os.remove(shards[1])
    assert table.sample_name(3) == f"{shards[1]}: sample 3"


@pytest.fixture
def incomplete(tmp_path: Path, write_shard: WriteShard) -> list[str]:
    captions = [["a", "b"], ["c", None, ""], [None]]
    return [
        str(write_shard(tmp_path / "i" / f"{i}.tar", 10 * i, texts))
        for i, texts in enumerate(captions)
    ]


@pytest.mark.parametrize("visit", ["first", "second"])
def test_images_without_text_are_an_error(incomplete: list[str], visit: str) -> None:
    if visit == "second":
        ShardTable(incomplete, PAIRS, without_text="skip")
    with pytest.raises(ValueError) as error:
        ShardTable(incomplete, PAIRS)
    message = str(error.value)
    assert message.startswith("3 images in the shards without a text (.txt) or with an empty one")
    assert f"such as {incomplete[1]}: 000000011.jpg. " in message
    assert f"6 .json members ({incomplete[0]}: 000000000.json)" in message
    assert "text_extension and image_extension, or leave such images out" in message
    assert "without_text='skip'" in message


def test_images_without_text_are_left_out_and_counted(incomplete: list[str]) -> None:
    for _ in range(2):
        table = ShardTable(incomplete, PAIRS, without_text="skip")
        assert [text for _, text in everything(table)] == [b"a", b"b", b"c"]
        assert table.left_out == (
            Omission("images without a text", 3, f"{incomplete[1]}: 000000011.jpg"),
            Omission(".json members", 6, f"{incomplete[0]}: 000000000.json"),
            Omission("shards without a sample", 1, incomplete[2]),
        )


def test_images_without_text_are_not_lost_among_many_other_kinds(
    tmp_path: Path, write_tar: WriteTar
) -> None:
    others = {f"{i}.kind{chr(97 + k)}": b"" for k in range(26) for i in range(2)}
    members = {"8.jpg": b"i", "8.txt": b"t", "9.jpg": b"i", **others}
    path = write_tar(tmp_path / "x.tar", members)
    with pytest.raises(ValueError, match=r"1 image in the shards without a text .*/x\.tar: 9\.jpg"):
        ShardTable([str(path)], PAIRS)
    table = ShardTable([str(path)], PAIRS, without_text="skip")
    assert sum(part.count for part in table.left_out) == 1 + len(others)


def test_shards_without_any_pair_say_what_the_members_are_called(
    tmp_path: Path, write_tar: WriteTar
) -> None:
    members = [(f"{i}.{end}", b"x") for i in range(24) for end in ("input.jpg", "outputs.txt")]
    path = write_tar(tmp_path / "x.tar", members)
    with pytest.raises(ValueError) as error:
        ShardTable([str(path)], PAIRS)
    message = str(error.value)
    assert message.startswith(f"1 shard, from {path} to {path}: no image with a text (.txt). ")
    assert f"24 images without a text ({path}: 0.input.jpg)" in message
    assert f"24 texts without an image ({path}: 0.outputs.txt)" in message
    assert message.endswith("name the members' extensions with text_extension and image_extension")


def test_tars_without_any_image_say_what_they_hold(tmp_path: Path, write_tar: WriteTar) -> None:
    path = write_tar(tmp_path / "x.tar", {"n1.tar": b"", "n2.tar": b""})
    with pytest.raises(ValueError, match=r"no image among the members.* 2 \.tar members .*n1\.tar"):
        ShardTable([str(path)], SampleNames(None))


def test_shard_that_shrank_during_the_run_is_an_error(shards: list[str]) -> None:
    table = ShardTable(shards, PAIRS)
    with open(shards[2], "r+b") as file:
        file.truncate(600)
    with pytest.raises(OSError, match=r"2.tar has 600 bytes, but at least"):
        table.read_pair(5)


def test_unknown_choice_is_refused(shards: list[str]) -> None:
    with pytest.raises(ValueError, match="without_text='ignore': choose 'error' or 'skip'"):
        ShardTable(shards, PAIRS, without_text="ignore")


def test_indices_may_lie_elsewhere(shards: list[str], tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    ShardTable(shards, PAIRS, index_folder=tmp_path / "elsewhere")
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "elsewhere"])


def test_largest_shards_stay_open_where_not_all_can(
    shards: list[str], expected: list[tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "print_log", lambda text, **_: said.append(text))
    monkeypatch.setattr(open_files, "room_for_files", lambda wanted: 2)
    table = ShardTable(shards, PAIRS)
    table.keep_open()
    # Three and two samples; the one of a single sample is closed.
    assert said[0].startswith(
        "2 of 3 shards stay open, because a process may open no more files: 16.7 % of the samples "
        "open theirs anew. Raise the hard limit of open files (ulimit -Hn) to 4,099: "
    )
    os.remove(shards[0])
    os.remove(shards[2])
    assert everything(table) == expected


def test_nothing_is_said_where_all_shards_stay_open(
    shards: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "print_log", lambda text, **_: pytest.fail(text))
    ShardTable(shards, PAIRS).keep_open()


@pytest.mark.parametrize(
    ("place", "content"),
    [(88, b"\x07"), (103, b"\x7f"), (-1, b"x")],
    ids=["start of shard 0", "start of shard 1", "omissions"],
)
def test_damaged_joint_index_is_named(shards: list[str], place: int, content: bytes) -> None:
    ShardTable(shards, PAIRS)
    (path,) = Path(shards[0]).parent.glob("shards-*.idx")
    changed = bytearray(path.read_bytes())
    changed[place] = content[0]
    path.write_bytes(changed)
    with pytest.raises(ValueError, match=r"shards-\w+\.idx is damaged: delete it"):
        ShardTable(shards, PAIRS)


@pytest.mark.parametrize("content", [b"", b"\x80" * 200, b"cut"], ids=["empty", "other", "cut"])
def test_joint_index_of_another_kind_is_made_again(
    content: bytes, shards: list[str], expected: list[tuple[bytes, bytes]]
) -> None:
    ShardTable(shards, PAIRS)
    (path,) = Path(shards[0]).parent.glob("shards-*.idx")
    path.write_bytes(path.read_bytes()[:-1] if content == b"cut" else content)
    assert everything(ShardTable(shards, PAIRS)) == expected
