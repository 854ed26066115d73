"""Fixtures: a web server and a bucket with known files; ``pytest_plugins`` of tests/conftest.py."""

from collections.abc import Iterator

import pytest

from tests.support.bucket_server import BucketServer, serving_buckets
from tests.support.web_server import WebServer, serving

# 300 kB whose every place can be told from its neighbors.
CONTENT = b"".join(number.to_bytes(3, "big") for number in range(100_000))


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iclip.files.transient.sleep", lambda seconds: None)


@pytest.fixture
def web(no_pauses: None) -> Iterator[WebServer]:
    with serving(
        {"/data/a.tar": CONTENT, "/data/b c/ü.tar": CONTENT[::-1], "/empty": b""}
    ) as server:
        yield server


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[BucketServer]:
    with serving_buckets() as server:
        contents = {f"shards/{number:05d}.tar": CONTENT[number:] for number in range(6)}
        # The empty object of a folder's own name, as consoles make it.
        odd = {"shards/": b"", "shards/.hidden.tar": b"h", "shards/deep/ü [1] b.TAR": b"odd"}
        server.fill("bucket", {**contents, **odd})
        yield server


@pytest.fixture
def bucket(bucket_server: BucketServer, no_pauses: None) -> BucketServer:
    bucket_server.faults.clear()
    return bucket_server
