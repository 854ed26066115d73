import pytest

from iclip.files import remote, remote_requests
from iclip.files.remote import RemoteFile
from tests.support.bucket_server import BucketServer
from tests.support.remote_servers import CONTENT
from tests.support.web_server import WebServer

SHARD = "s3://bucket/shards/00000.tar"


@pytest.fixture(params=["s3", "http"])
def url(request: pytest.FixtureRequest) -> str:
    """The same file in a bucket and on a web server."""
    if request.param == "s3":
        request.getfixturevalue("bucket")
        return SHARD
    return f"{request.getfixturevalue('web').url}/data/a.tar"


@pytest.mark.parametrize("fault", [500, 502, 503, 429, "cut"])
def test_transient_faults_are_overcome(
    fault: int | str, url: str, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("bucket" if url.startswith("s3") else "web")
    server.faults.append(fault)
    assert RemoteFile(url).read_at(100, 1000) == CONTENT[100:1100]
    assert not server.faults


def test_size_is_asked_for_again(web: WebServer) -> None:
    web.faults.extend((500, 500, 503, 500))
    assert RemoteFile(f"{web.url}/data/a.tar").size == len(CONTENT)


def test_server_that_stays_broken_is_named(web: WebServer) -> None:
    web.faults.extend([500] * 100)
    with pytest.raises(OSError, match=r"http://127\..*/data/a\.tar: 500.*Internal"):
        RemoteFile(f"{web.url}/data/a.tar").read_at(0, 1)
    assert web.requests["GET", "/data/a.tar"] == 4


def test_silent_server_is_given_up(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_requests, "_READ_TIMEOUT", 0.2)
    web.faults.append("silent")
    assert RemoteFile(f"{web.url}/data/a.tar").read_at(0, 9) == CONTENT[:9]
    web.faults.extend(["silent"] * 4)
    with pytest.raises(TimeoutError, match=r"a\.tar: the server does not answer in time"):
        RemoteFile(f"{web.url}/data/a.tar").read_at(0, 9)


def test_missing_file_is_named_at_once(url: str, web: WebServer) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no .*a?\.tar-none"):
        RemoteFile(f"{url}-none").read_at(0, 1)
    with pytest.raises(FileNotFoundError, match=r"there is no .*a?\.tar-none"):
        remote.file_states([f"{url}-none"])
    assert max(web.requests.values(), default=1) <= 2


def test_refused_access_names_the_remedy(web: WebServer) -> None:
    web.faults.extend([403, 403, 403, 403])
    with pytest.raises(PermissionError, match=r"a\.tar: access is refused \(403.*Check"):
        RemoteFile(f"{web.url}/data/a.tar").read_at(0, 1)
    with pytest.raises(PermissionError, match=r"a\.tar: access is refused \(403.*Check"):
        remote.file_states([f"{web.url}/data/a.tar"])


def test_wrong_key_names_the_remedy(bucket: BucketServer) -> None:
    from moto.core import set_initial_no_auth_action_count

    refused = set_initial_no_auth_action_count(0)(lambda: RemoteFile(SHARD).read_at(0, 1))
    with pytest.raises(PermissionError, match=r"00000\.tar: access is refused.*AWS_ACCESS_KEY_ID"):
        refused()


def test_missing_credentials_name_the_remedy(
    bucket: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(PermissionError, match=r"Unable to locate credentials.*FSSPEC_S3_ENDPOINT"):
        RemoteFile(SHARD).read_at(0, 1)
    fsspec.get_filesystem_class("s3").clear_instance_cache()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("foo://b/k", r"foo://b/k: Protocol not known: foo"),
        ("simplecache::s3://b/k", r"chained URLs are not read; .* storage=dict\(cache=FOLDER"),
        ("gs://b/k", r"reading gs:// needs a library: pip install gcsfs"),
    ],
)
def test_url_that_cannot_be_read_is_an_error(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        remote.read_bytes(url)


def test_fault_in_the_program_keeps_its_type(web: WebServer) -> None:
    with pytest.raises(TypeError):
        RemoteFile(f"{web.url}/data/a.tar").read_at("0", 1)  # type: ignore[arg-type]
