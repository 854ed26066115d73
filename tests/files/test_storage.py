import subprocess
import sys
from pathlib import Path

import pytest

from iclip.files import storage
from iclip.files.stored_file import FileState


@pytest.mark.parametrize("url", ["s3://b/k", "HTTPS://h/a", "gs://b", "abfs+x://b", "a::s3://b/k"])
def test_url_is_remote(url: str) -> None:
    assert storage.is_remote(url)


@pytest.mark.parametrize("path", ["data/a.tar", "/data", "s3:/b/k", "a b://c", "", Path("s3://b")])
def test_path_is_not(path: str | Path) -> None:
    assert not storage.is_remote(path)


def test_local_paths_do_without_fsspec() -> None:
    script = (
        "import sys; from iclip.files import storage as s; "
        "s.open_at(s.__file__).read_at(0, 3); s.file_states([s.__file__]); s.list_folder('.'); "
        "s.glob_paths('*'); s.missing_files(['x']); s.is_file('x'); "
        "sys.exit('fsspec' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_local_files_are_read_and_described(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"content")
    assert storage.read_bytes(path) == b"content"
    assert storage.open_at(path).read_at(3, 4) == b"tent"
    status = path.stat()
    assert storage.file_states([str(path)] * 2) == [FileState(7, str(status.st_mtime_ns))] * 2
    assert storage.is_file(path) and not storage.is_folder(path)
    assert storage.is_folder(tmp_path) and not storage.is_file(tmp_path)


def test_local_folder_is_listed_in_order(tmp_path: Path) -> None:
    for name in ("b.tar", "a.tar", ".hidden.tar"):
        (tmp_path / name).touch()
    (tmp_path / "c").mkdir()
    assert storage.list_folder(tmp_path) == [
        storage.Entry(".hidden.tar", False),
        storage.Entry("a.tar", False),
        storage.Entry("b.tar", False),
        storage.Entry("c", True),
    ]
    pattern = str(tmp_path / "*.tar")
    assert storage.glob_paths(pattern) == [str(tmp_path / "a.tar"), str(tmp_path / "b.tar")]


def test_missing_files_are_listed_in_order(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    paths = [str(tmp_path / name) for name in ("z", "there", "none/a", "a")]
    assert storage.missing_files(paths) == [paths[0], paths[2], paths[3]]


def test_missing_local_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        storage.file_states([str(tmp_path / "none")])
    with pytest.raises(FileNotFoundError):
        storage.open_at(tmp_path / "none")


@pytest.mark.parametrize(
    ("folder", "joined"),
    [("s3://b/k/", "s3://b/k/c/a.tar"), ("s3://b", "s3://b/c/a.tar"), ("data", "data/c/a.tar")],
)
def test_names_are_joined_and_taken_apart(folder: str, joined: str) -> None:
    assert storage.join(folder, "c", "a.tar") == joined
    assert storage.base_name(joined) == "a.tar"
    assert storage.parent(joined) == joined.removesuffix("/a.tar")
