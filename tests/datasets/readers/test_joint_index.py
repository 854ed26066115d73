import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iclip.data_summary import Omission
from iclip.datasets.readers import joint_index as module
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import DamagedShards, ShardIndex
from iclip.datasets.readers.shard_table import ShardTable

PAIRS = SampleNames("txt")


@pytest.fixture
def shards(tmp_path: Path, write_shard: Callable[..., Path]) -> list[str]:
    captions = [["zero", "one", "two"], ["three"], ["four", "five"]]
    return [
        str(write_shard(tmp_path / f"{i}.tar", 10 * i, texts)) for i, texts in enumerate(captions)
    ]


@pytest.fixture
def damaged(shards: list[str]) -> list[str]:
    """The second of three is damaged."""
    Path(shards[1]).write_bytes(b"html" * 600)
    return shards


def texts(table: ShardTable) -> list[bytes]:
    return [table.read_pair(number)[1] for number in range(len(table))]


def test_damaged_shards_within_the_share_are_left_out_and_counted(damaged: list[str]) -> None:
    for _ in range(2):
        table = ShardTable(damaged, PAIRS, damaged_shards=0.4)
        assert texts(table) == [b"zero", b"one", b"two", b"four", b"five"]
        assert table.starts.tolist() == [0, 3, 3, 5]
        (omission,) = [part for part in table.left_out if "shards" in part.what]
        assert (omission.what, omission.count) == ("damaged shards", 1)
        assert omission.example.startswith(f"{damaged[1]} is not a readable, uncompressed tar")


def test_joined_file_is_used_again_without_the_damaged_shards(
    damaged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ShardTable(damaged, PAIRS, damaged_shards=0.4)
    monkeypatch.setattr(ShardIndex, "build", None)
    assert len(ShardTable(damaged, PAIRS, damaged_shards=0.5)) == 5


@pytest.mark.parametrize("visit", ["first", "second"])
def test_more_damaged_shards_than_the_share_are_an_error(damaged: list[str], visit: str) -> None:
    if visit == "second":
        ShardTable(damaged, PAIRS, damaged_shards=0.4)
    with pytest.raises(DamagedShards, match=r"1 of 3 shards cannot be indexed:\n  .*1\.tar is not"):
        ShardTable(damaged, PAIRS)
    expected = (
        r"1 of 3 shards are damaged, such as .*1\.tar is not .* the share damaged_shards=0\.3 "
        if visit == "second"
        else "1 of 3 shards cannot be indexed"
    )
    with pytest.raises(ValueError, match=expected):
        ShardTable(damaged, PAIRS, damaged_shards=0.3)


def test_mended_shard_is_read_again(damaged: list[str], write_shard: Callable[..., Path]) -> None:
    ShardTable(damaged, PAIRS, damaged_shards=0.4)
    write_shard(Path(damaged[1]), 10, ["mended"])
    table = ShardTable(damaged, PAIRS, damaged_shards=0.4)
    assert texts(table)[3] == b"mended" and len(table) == 6
    assert not [part for part in table.left_out if part.what == "damaged shards"]


def test_shard_that_cannot_be_read_is_not_left_out(shards: list[str]) -> None:
    """It may be readable at the next start, without a change that would be noticed."""
    os.unlink(shards[1])
    os.mkdir(shards[1])
    with pytest.raises(DamagedShards, match=r"1\.tar: Is a directory"):
        ShardTable(shards, PAIRS, damaged_shards=1.0)


def test_damaged_shards_that_are_left_out_are_all_named(
    damaged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "print_log", lambda text, logger: said.append(text))
    Path(damaged[2]).write_bytes(b"html" * 600)
    ShardTable(damaged, PAIRS, damaged_shards=0.9)
    lines = said[0].splitlines()
    assert lines[0] == "2 damaged shards are left out:"
    assert [line.split(" ")[0] for line in lines[1:]] == damaged[1:]


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_share_outside_its_range_is_refused(shards: list[str], share: float) -> None:
    with pytest.raises(ValueError, match=f"damaged_shards={share}: give a share from 0 to 1"):
        ShardTable(shards, PAIRS, damaged_shards=share)


def test_shard_without_a_sample_is_not_a_damaged_one(
    damaged: list[str], write_tar: Callable[..., Path], tmp_path: Path
) -> None:
    empty = str(write_tar(tmp_path / "9.tar", {}))
    table = ShardTable([*damaged, empty], PAIRS, damaged_shards=0.4)
    assert Omission("shards without a sample", 1, "not named here") in table.left_out


def open_and_note_writes(shards: list[str], notes: Path, length: Any) -> None:
    """Open the table in a process of its own; each write of it leaves a line."""
    write = module._write_table

    def noted(path: Path, *rest: object) -> None:
        with notes.open("a") as file:
            file.write("written\n")
        time.sleep(0.3)  # Others arrive meanwhile.
        write(path, *rest)

    module._write_table = noted
    length.value = len(ShardTable(shards, PAIRS))


def test_one_of_several_processes_writes_the_table(shards: list[str], tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    lengths = [context.Value("i", -1) for _ in range(4)]
    notes = tmp_path / "notes"
    processes = [
        context.Process(target=open_and_note_writes, args=(shards, notes, length))
        for length in lengths
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [length.value for length in lengths] == [6] * 4
    assert notes.read_text() == "written\n"
    assert not list(tmp_path.glob("*.lock"))
