import contextlib
import errno
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from iclip.datasets.readers import shard_index as module
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import DamagedShards, ShardIndex
from iclip.files.shard_cache import ShardCache

WriteShard = Callable[..., Path]
PAIRS = SampleNames("txt")


@pytest.fixture
def shards(tmp_path: Path, write_shard: WriteShard) -> list[str]:
    return [str(write_shard(tmp_path / f"{i}.tar", 3 * i, "abc")) for i in range(3)]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tars that are read through."""
    names: list[str] = []
    build = module.build_tar_index

    def spy(path: str, members: SampleNames, cache: ShardCache | None) -> module.TarIndex:
        names.append(os.path.basename(path))
        return build(path, members, cache)

    monkeypatch.setattr(module, "build_tar_index", spy)
    return names


def test_each_shard_is_read_through_once(shards: list[str], built: list[str]) -> None:
    for _ in range(2):
        index = ShardIndex(shards, PAIRS)
        index.build()
        assert [len(index.load(i).records) for i in range(3)] == [3, 3, 3]
    assert built == ["0.tar", "1.tar", "2.tar"]


def test_changed_shard_is_read_again(shards: list[str], built: list[str]) -> None:
    ShardIndex(shards, PAIRS).build()
    os.utime(shards[1], (1, 1))
    ShardIndex(shards, PAIRS).build()
    assert built[3:] == ["1.tar"]


def test_ranks_start_at_different_shards(
    shards: list[str], built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "get_dist_info", lambda: (1, 2))
    ShardIndex(shards, PAIRS).build()
    assert built == ["1.tar", "2.tar", "0.tar"]


def test_interrupted_build_goes_on_where_it_stopped(
    shards: list[str], built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save = module.save_tar_index

    def fail_at_the_second(path: Path, *rest: object) -> None:
        if path.name.startswith("1"):
            raise KeyboardInterrupt
        save(path, *rest)

    monkeypatch.setattr(module, "save_tar_index", fail_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        ShardIndex(shards, PAIRS).build()
    monkeypatch.setattr(module, "save_tar_index", save)
    ShardIndex(shards, PAIRS).build()
    assert built == ["0.tar", "1.tar", "1.tar", "2.tar"]


def test_indices_of_a_read_only_folder_go_to_the_cache(
    shards: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ShardIndex(shards, PAIRS).build()
    assert not list(tmp_path.glob("*.idx.npz"))
    assert len(list((tmp_path / "cache" / "iclip").rglob("*.idx.npz"))) == 3


def test_progress_is_reported(
    shards: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reports: list[str] = []
    monkeypatch.setattr(module, "print_log", lambda message, logger: reports.append(message))
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_REPORTS", -1)
    ShardIndex(shards, PAIRS).build()
    assert reports[1].startswith("indexing 3 of 3 shards, once only:  2/3  ")
    assert "  3/3  " in reports[-1]


EXECUTORS = {
    "none": contextlib.nullcontext,
    "threads": partial(ThreadPoolExecutor, 3),
    # Forked, since a new interpreter takes seconds to import torch.
    "processes": partial(ProcessPoolExecutor, 2, get_context("fork")),
}


@pytest.mark.parametrize("kind", EXECUTORS)
def test_all_damaged_shards_are_named_and_the_others_indexed(
    tmp_path: Path, write_shard: WriteShard, kind: str
) -> None:
    shards = [write_shard(tmp_path / f"{i}.tar", 10 * i, "abc") for i in range(7)]
    shards[1].write_bytes(b"no tar" * 500)
    shards[4].write_bytes(shards[4].read_bytes()[:2300])
    shards[6].unlink()
    shards[6].symlink_to(tmp_path)  # cannot be read as a file
    with EXECUTORS[kind]() as executor, pytest.raises(DamagedShards) as raised:
        ShardIndex(list(map(str, shards)), PAIRS).build(executor)
    lines = str(raised.value).splitlines()
    assert lines[0] == "3 of 7 shards cannot be indexed:"
    assert lines[1].startswith(f"  {shards[1]} is not a readable, uncompressed tar (")
    assert lines[2].startswith(f"  {shards[4]} is truncated: ")
    assert lines[3] == f"  {shards[6]}: Is a directory"
    assert lines[4] == (
        "Every other shard has its index now: mend these, or leave them out, and go on. To go on "
        "for good without those that cannot be read, set leave_out=['6.tar'] where shards=... "
        "names them"
    )
    indexed = {path.name for path in tmp_path.glob("*.idx.npz")}
    assert indexed == {f"{i}.tar.idx.npz" for i in (0, 2, 3, 5)}


def test_all_shards_that_cannot_be_asked_for_are_named(tmp_path: Path, shards: list[str]) -> None:
    """A link in a circle, and links to nothing, of names that were listed."""
    circle, dangling = tmp_path / "5.tar", tmp_path / "4.tar"
    circle.symlink_to(circle)
    dangling.symlink_to(tmp_path / "gone")
    with pytest.raises(DamagedShards) as raised:
        ShardIndex([str(circle), *shards, str(dangling)], PAIRS)
    assert str(raised.value).splitlines()[:3] == [
        "2 of 5 shards cannot be indexed:",
        f"  {dangling}: No such file or directory",
        f"  {circle}: Too many levels of symbolic links",
    ]
    assert "set leave_out=['4.tar', '5.tar'] where" in str(raised.value)


def test_server_that_cannot_be_reached_is_asked_once(
    shards: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(paths: list[str]) -> None:
        asked.append(len(paths))
        raise OSError(errno.ECONNREFUSED, "refused")

    asked: list[int] = []
    monkeypatch.setattr(module, "file_states", fail)
    with pytest.raises(OSError, match="refused"):
        ShardIndex(shards, PAIRS)
    assert asked == [3]


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
def test_shard_that_cannot_be_read_is_told_from_a_damaged_one(
    shards: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = module.build_tar_index

    def fail(path: str, names: SampleNames, cache: ShardCache | None) -> module.TarIndex:
        if path == shards[1]:
            raise OSError(code, os.strerror(code))
        return build(path, names, cache)

    monkeypatch.setattr(module, "build_tar_index", fail)
    with pytest.raises(DamagedShards, match=r"set leave_out=\['1.tar'\]") as raised:
        ShardIndex(shards, PAIRS).build()
    assert raised.value.unreadable == {shards[1]: f"{shards[1]}: {os.strerror(code)}"}
    assert not raised.value.damaged


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_executor_gives_the_same_indices(shards: list[str], tmp_path: Path, kind: str) -> None:
    alone, others = (ShardIndex(shards, PAIRS, tmp_path / name) for name in ("one", "other"))
    alone.build()
    with EXECUTORS[kind]() as executor:
        others.build(executor, 2)
    for number in range(3):
        one, other = alone.load(number), others.load(number)
        assert np.array_equal(one.records, other.records)
        assert (one.without_text, one.left_out) == (other.without_text, other.left_out)


def test_index_that_cannot_be_written_is_not_a_damaged_shard(
    shards: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"0\.tar\.idx\.npz could not be written: ") as raised:
        ShardIndex(shards, PAIRS, tmp_path / "file" / "folder").build()
    assert not isinstance(raised.value, DamagedShards)


def test_shard_that_another_process_has_indexed_is_passed_over(
    shards: list[str], built: list[str]
) -> None:
    index = ShardIndex(shards, PAIRS)
    tasks = [index._task(number) for number in range(3)]
    index.build()
    assert [task() for task in tasks] == [None] * 3
    assert len(built) == 3


def test_short_work_is_not_announced(shards: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "print_log", lambda message, logger: said.append(message))
    ShardIndex(shards, PAIRS).build()
    assert not any("without an index" in text for text in said)
