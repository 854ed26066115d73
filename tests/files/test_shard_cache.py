import errno
import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from iclip.files import shard_cache as module
from iclip.files.shard_cache import CachedFile, ShardCache, shard_cache
from iclip.files.storage import open_at
from tests.support.bucket_server import BucketServer
from tests.support.remote_servers import CONTENT
from tests.support.web_server import WebServer

SIZE = len(CONTENT)


@pytest.fixture
def shards(web: WebServer) -> list[str]:
    """Six files of equal size."""
    for number in range(6):
        web.files[f"/{number}.tar"] = bytes([number]) * SIZE
    return [f"{web.url}/{number}.tar" for number in range(6)]


def copies(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name != "shards.lock"}


def names(cache: ShardCache, *urls: str) -> set[str]:
    return {os.path.basename(cache.copy_path(url, CachedFile(url, cache).state)) for url in urls}


def test_file_is_copied_once_and_read_from_there(web: WebServer, tmp_path: Path) -> None:
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path / "new" / "cache", SIZE))
    for offset in (0, 5, 299_990):
        assert file.read_at(offset, 10) == CONTENT[offset : offset + 10]
    assert file.size == SIZE
    assert web.requests["GET", "/data/a.tar"] == 1


def test_server_without_ranges_is_enough(web: WebServer, tmp_path: Path) -> None:
    web.ranges = False
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path, SIZE))
    assert file.read_at(1000, 10) == CONTENT[1000:1010]


def test_file_that_is_replaced_during_the_copy_is_not_kept_as_the_old_one(
    shards: list[str], web: WebServer, tmp_path: Path
) -> None:
    file = open_at(shards[0], ShardCache(tmp_path, 3 * SIZE))
    assert file.size == SIZE  # The state is known by now.
    web.files["/0.tar"] = b"9" * SIZE
    with pytest.raises(OSError, match=r"0\.tar changed after it was indexed"):
        file.read_at(0, 1)
    assert not copies(tmp_path)
    assert open_at(shards[0], ShardCache(tmp_path, 3 * SIZE)).read_at(0, 1) == b"9"


def test_bucket_is_cached_too(bucket: BucketServer, tmp_path: Path) -> None:
    file = open_at("s3://bucket/shards/00000.tar", ShardCache(tmp_path, SIZE))
    assert file.read_at(1000, 10) == CONTENT[1000:1010]


def test_longest_unread_copies_make_room(
    shards: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_NOTES", 0.0)
    cache = ShardCache(tmp_path, 3 * SIZE + 10)
    files = [open_at(url, cache) for url in shards]
    # 0 is read again after 1 and 2, so 1 goes first, then 2.
    for number, expected in ((0, "0"), (1, "01"), (2, "012"), (0, "012"), (3, "023"), (4, "034")):
        assert files[number].read_at(7, 1) == bytes([number])
        assert copies(tmp_path) == names(cache, *(shards[int(digit)] for digit in expected))
        time.sleep(0.01)  # the order is that of the times of change


def test_copy_that_is_gone_is_fetched_again(shards: list[str], tmp_path: Path) -> None:
    cache = ShardCache(tmp_path, SIZE)
    first, second = (open_at(url, cache) for url in shards[:2])
    for _ in range(2):
        assert first.read_at(7, 1) == b"\0" and second.read_at(7, 1) == b"\1"


def test_changed_file_is_another_copy(web: WebServer, tmp_path: Path) -> None:
    cache = ShardCache(tmp_path, 10 * SIZE)
    url = f"{web.url}/a.tar"
    for content in (b"before", b"after!"):
        web.files["/a.tar"] = content
        assert open_at(url, cache).read_at(0, 6) == content


def test_other_files_of_the_folder_stay(shards: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(CONTENT * 5)
    for url in shards:
        open_at(url, ShardCache(tmp_path, SIZE)).read_at(0, 1)
    assert (tmp_path / "mine").stat().st_size == 5 * SIZE


@pytest.mark.parametrize("faults", [[500], ["cut"], [503, "cut", 500]])
def test_transient_faults_leave_nothing_half(
    faults: list[int | str], web: WebServer, tmp_path: Path
) -> None:
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path, SIZE))
    assert file.size == SIZE
    web.faults.extend(faults)
    assert file.read_at(0, SIZE) == CONTENT
    assert len(copies(tmp_path)) == 1


def test_failed_copy_leaves_nothing(web: WebServer, tmp_path: Path) -> None:
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path, SIZE))
    assert file.size == SIZE
    web.faults.extend(["cut"] * 4)
    with pytest.raises(OSError, match=r"a\.tar"):
        file.read_at(0, 1)
    assert copies(tmp_path) == set()


def test_file_that_changes_while_it_is_copied_is_refused(web: WebServer, tmp_path: Path) -> None:
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path, SIZE))
    assert file.size == SIZE
    web.files["/data/a.tar"] = b"short"
    with pytest.raises(OSError, match=r"a\.tar has 5 bytes, but at least 300,000 are expected"):
        file.read_at(0, 1)
    assert copies(tmp_path) == set()


def test_file_that_vanished_is_named(web: WebServer, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no .*/none\.tar"):
        open_at(f"{web.url}/none.tar", ShardCache(tmp_path, SIZE)).read_at(0, 1)


def test_file_larger_than_the_cache_is_an_error(web: WebServer, tmp_path: Path) -> None:
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path, SIZE - 1))
    with pytest.raises(ValueError, match=r"storage=dict\(cache=.*a\.tar has 0\.000 GB, the cache"):
        file.read_at(0, 1)


def test_read_past_the_end_is_an_error(web: WebServer, tmp_path: Path) -> None:
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path, SIZE))
    with pytest.raises(OSError, match=r"300,000 bytes, but at least 300,005 are expected"):
        file.read_at(299_995, 10)


def test_full_disk_is_said(web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, target: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.remote, "download", full)
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path, SIZE))
    with pytest.raises(OSError, match=r"the disk of .* is full .*smaller cache_gb"):
        file.read_at(0, 1)


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_folder_that_cannot_be_written_is_named(
    folder: str, web: WebServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    file = open_at(f"{web.url}/data/a.tar", ShardCache(tmp_path / folder, SIZE))
    with pytest.raises(OSError, match=rf"storage=dict\(cache='.*/{folder}'\): nothing can be writ"):
        file.read_at(0, 1)
    with pytest.raises(OSError, match="nothing can be written there"):
        shard_cache({"cache": str(tmp_path / folder), "cache_gb": 1})


def test_threads_copy_a_file_once(web: WebServer, tmp_path: Path) -> None:
    cache = ShardCache(tmp_path, SIZE)
    with ThreadPoolExecutor(8) as threads:
        read = threads.map(
            lambda at: open_at(f"{web.url}/data/a.tar", cache).read_at(at, 5), range(0, 80, 5)
        )
        assert b"".join(read) == CONTENT[:80]
    assert web.requests["GET", "/data/a.tar"] == 1


def _read_much(folder: str, urls: list[str], max_bytes: int, seed: int) -> int:
    """Read shards in an order of its own, and return the largest size that the folder had."""
    cache, largest = ShardCache(folder, max_bytes), 0
    for step in range(12):
        number = (seed + step * (seed + 1)) % len(urls)
        assert open_at(urls[number], cache).read_at(100, 3) == bytes([number]) * 3
        with os.scandir(folder) as entries:
            sizes = []
            for entry in entries:
                try:
                    sizes.append(entry.stat().st_size)
                except FileNotFoundError:
                    continue
        largest = max(largest, sum(sizes))
    return largest


def test_processes_share_a_cache_within_its_size(shards: list[str], tmp_path: Path) -> None:
    # Less than what the processes copy at a time: some have to wait.
    limit = 2 * SIZE + 10
    arguments = [(str(tmp_path), shards, limit, seed) for seed in range(4)]
    # Forked, as data workers are.
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert max(pool.starmap(_read_much, arguments)) <= limit


def _stop_in_the_middle(url: str, folder: str, started: Any) -> None:
    def slow(path: str, target: str) -> None:
        Path(target).write_bytes(b"half")
        started.set()
        time.sleep(60)

    module.remote.download = slow  # of this process alone
    open_at(url, ShardCache(folder, SIZE)).read_at(0, 1)


def test_killed_writer_leaves_room(shards: list[str], tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    started = context.Event()
    writer = context.Process(target=_stop_in_the_middle, args=(shards[0], str(tmp_path), started))
    writer.start()
    assert started.wait(10) and writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert len(copies(tmp_path)) == 1
    # Its part would fill the cache: another file, and then the same one.
    for number in (1, 0):
        file = open_at(shards[number], ShardCache(tmp_path, SIZE))
        assert file.read_at(0, SIZE) == bytes([number]) * SIZE
    assert copies(tmp_path) == names(ShardCache(tmp_path, SIZE), shards[0])


def test_setting_makes_a_cache(tmp_path: Path) -> None:
    cache = shard_cache({"cache": str(tmp_path), "cache_gb": 0.5})
    assert cache is not None
    assert (cache.folder, cache.max_bytes) == (str(tmp_path), 500_000_000)
    assert shard_cache(None) is None and shard_cache({}) is None


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ({"cache": "/disk"}, r"storage=\{'cache': '/disk'\}: write both storage=dict\(cache="),
        ({"cache": "/disk", "cache_gb": 1, "key": "x"}, r"credentials are environment variables"),
        ({"cache": "s3://b", "cache_gb": 1}, r"cache='s3://b'\): give a folder of a local disk"),
        ({"cache": "/disk", "cache_gb": 0}, r"cache_gb=0\): give a number of GB above 0"),
        ({"cache": "/disk", "cache_gb": "2"}, r"cache_gb='2'\): give a number of GB above 0"),
        ({"cache": "/disk", "cache_gb": float("nan")}, r"cache_gb=nan\): give a number of GB"),
    ],
)
def test_wrong_setting_is_an_error(storage: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shard_cache(storage)
