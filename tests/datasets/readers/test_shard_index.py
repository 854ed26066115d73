import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.datasets.readers import shard_index as module
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import ShardIndex

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

    def spy(path: Path, members: SampleNames) -> module.TarIndex:
        names.append(path.name)
        return build(path, members)

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
