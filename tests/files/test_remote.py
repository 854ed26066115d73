import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from iclip.files import remote, storage
from iclip.files.remote import RemoteFile
from tests.support.bucket_server import BucketServer
from tests.support.remote_servers import CONTENT
from tests.support.web_server import WebServer

SHARDS = [f"s3://bucket/shards/{number:05d}.tar" for number in range(6)]


@pytest.fixture(params=["s3", "http"])
def url(request: pytest.FixtureRequest) -> str:
    """The same file in a bucket and on a web server."""
    if request.param == "s3":
        request.getfixturevalue("bucket")
        return SHARDS[0]
    return f"{request.getfixturevalue('web').url}/data/a.tar"


def test_any_place_is_read(url: str) -> None:
    file = RemoteFile(url)
    for offset, length in ((0, 1), (299_999, 1), (1234, 5678), (0, 300_000)):
        assert file.read_at(offset, length) == CONTENT[offset : offset + length]
    assert file.read_at(5, 0) == b""
    assert file.size == len(CONTENT)


def test_read_asks_for_its_bytes_only(web: WebServer) -> None:
    RemoteFile(f"{web.url}/data/a.tar").read_at(1000, 10)
    assert web.requests == {("GET", "/data/a.tar"): 1}


def test_threads_share_a_file(url: str) -> None:
    file = RemoteFile(url)
    offsets = range(0, 300_000, 9_999)
    with ThreadPoolExecutor(8) as threads:
        pieces = list(threads.map(partial(file.read_at, length=5), offsets))
    assert pieces == [CONTENT[at : at + 5] for at in offsets]


def test_file_crosses_a_fork(url: str) -> None:
    """A data worker inherits what the process before it has used, its connections included."""
    file = RemoteFile(url)
    assert file.read_at(0, 9) == CONTENT[:9]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, file.read_at(30, 9))
        finally:
            os._exit(0)
    os.close(writing)
    assert os.read(reading, 100) == CONTENT[30:39]
    os.waitpid(child, 0)
    assert file.read_at(60, 9) == CONTENT[60:69]


def test_names_with_blanks_and_accents_are_read(web: WebServer, bucket: BucketServer) -> None:
    assert RemoteFile(f"{web.url}/data/b c/ü.tar").read_at(0, 9) == CONTENT[::-1][:9]
    assert remote.read_bytes("s3://bucket/shards/deep/ü [1] b.TAR") == b"odd"


def test_scheme_may_be_in_capitals(bucket: BucketServer) -> None:
    assert RemoteFile("S3://bucket/shards/00000.tar").read_at(0, 9) == CONTENT[:9]


def test_server_without_ranges_is_named(web: WebServer) -> None:
    web.ranges = False
    with pytest.raises(OSError, match=r"sent 300,000 bytes when asked for 9: it has no range req"):
        RemoteFile(f"{web.url}/data/a.tar").read_at(0, 9)


def test_file_that_shrank_says_so(url: str) -> None:
    with pytest.raises(OSError, match=r"a?\.tar has 300,000 bytes, but at least 300,005 are exp"):
        RemoteFile(url).read_at(299_990, 15)


def test_web_server_has_no_listing(web: WebServer) -> None:
    for ask in (storage.list_folder, storage.is_folder, storage.glob_paths):
        with pytest.raises(OSError, match=r"no listing of a folder. Name each file, such as https"):
            ask(f"{web.url}/data")


def test_folder_of_a_bucket_is_listed(bucket: BucketServer) -> None:
    names = [f"{number:05d}.tar" for number in range(6)]
    for url in ("s3://bucket/shards", "s3://bucket/shards/"):
        assert storage.list_folder(url) == [
            (".hidden.tar", False),
            *((name, False) for name in names),
            ("deep", True),
        ]
    assert storage.is_folder("s3://bucket/shards") and not storage.is_file("s3://bucket/shards")
    assert storage.is_file(SHARDS[0]) and not storage.is_folder(SHARDS[0])
    for none in ("s3://bucket/none", "s3://none", "s3://none/a"):
        assert not storage.is_folder(none) and not storage.is_file(none)
        with pytest.raises(FileNotFoundError, match=f"there is no {none}"):
            storage.list_folder(none)


def test_pattern_leaves_out_hidden_names(bucket: BucketServer) -> None:
    assert storage.glob_paths("s3://bucket/shards/*.tar") == SHARDS
    assert storage.glob_paths("s3://bucket/sh*/0000[12].tar") == SHARDS[1:3]
    assert storage.glob_paths("s3://bucket/shards/.*.tar") == ["s3://bucket/shards/.hidden.tar"]
    assert storage.glob_paths("s3://bucket/none/*") == []


def test_states_of_one_and_of_many_are_equal(bucket: BucketServer) -> None:
    many = storage.file_states(SHARDS)
    assert [state.size for state in many] == [len(CONTENT) - number for number in range(6)]
    assert many == [storage.file_states([shard])[0] for shard in SHARDS]
    assert len({state.stamp for state in many}) == 6


def test_state_follows_the_content(bucket: BucketServer) -> None:
    bucket.fill("changing", {"a": b"one"})
    one = storage.file_states(["s3://changing/a"])
    bucket.client.put_object(Bucket="changing", Key="a", Body=b"two")
    assert storage.read_bytes("s3://changing/a") == b"two"
    assert storage.file_states(["s3://changing/a"]) != one


def test_missing_files_are_listed_in_order(bucket: BucketServer, web: WebServer) -> None:
    none = [f"s3://bucket/{folder}/{n}.tar" for folder, n in product(("none", "shards"), range(5))]
    there = f"{web.url}/data/a.tar"
    paths = [none[0], there, *SHARDS, *none[1:], f"{there}-none"]
    assert storage.missing_files(paths) == [*none, f"{there}-none"]


def test_server_without_a_size_is_named(web: WebServer) -> None:
    web.sizes = False
    with pytest.raises(OSError, match=r"a\.tar: the server does not say how large it is"):
        storage.file_states([f"{web.url}/data/a.tar"])


def test_libraries_without_coroutines_are_read_as_well(tmp_path: Path) -> None:
    """Such as Hugging Face's; here, fsspec's own reader of a disk."""
    (tmp_path / "a.tar").write_bytes(CONTENT)
    file = RemoteFile(f"file://{tmp_path}/a.tar")
    assert file.read_at(1234, 5678) == CONTENT[1234 : 1234 + 5678]
    assert file.size == len(CONTENT)
    assert remote.read_bytes(f"file://{tmp_path}/a.tar") == CONTENT
    with pytest.raises(OSError, match=r"a\.tar has 300,000 bytes, but at least 300,005 are"):
        file.read_at(299_990, 15)
