import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from iclip.datasets.readers import open_files as module
from iclip.datasets.readers.open_files import OpenFiles
from iclip.files.storage import file_states

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux's /proc")


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"{i}" for i in range(5)]
    for i, path in enumerate(paths):
        path.write_bytes(bytes([i]) * 10 + b"end")
    return [str(path) for path in paths]


def open_count() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_reads_any_place_of_any_file(paths: list[str]) -> None:
    files = OpenFiles(max_open=2)
    for i, path in [*enumerate(paths), *enumerate(paths)]:
        assert files.read(path, 5, 8) == bytes([i, i]) + b"end"


def test_keeps_no_more_open_than_allowed(paths: list[str]) -> None:
    before = open_count()
    files = OpenFiles(max_open=2)
    for path in paths:
        files.read(path, 1, 0)
    assert open_count() == before + 2
    del files
    assert open_count() == before


def test_closed_files_are_opened_again(paths: list[str]) -> None:
    files = OpenFiles()
    files.read(paths[1], 1, 0)
    files.close()
    assert files.read(paths[1], 1, 0) == b"\x01"


def test_many_threads_may_read_with_few_files_open(paths: list[str]) -> None:
    files = OpenFiles(max_open=1)

    def read(number: int) -> bytes:
        return files.read(paths[number % 5], 4, 9)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read, range(4000)))
    assert found == [bytes([number % 5]) + b"end" for number in range(4000)]


def test_pickles_without_its_descriptors(paths: list[str]) -> None:
    files = OpenFiles(max_open=3)
    files.read(paths[0], 1, 0)
    copy = pickle.loads(pickle.dumps(files))
    assert copy.max_open == 3
    assert copy.read(paths[2], 1, 0) == b"\x02"


Change = Callable[[str], object]


def replace_by_another(path: str) -> None:
    Path(f"{path}.new").write_bytes(b"other".ljust(13))
    os.replace(f"{path}.new", path)


def overwrite_in_place(path: str) -> None:
    with open(path, "r+b") as file:
        file.write(b"x")


def append(path: str) -> None:
    with open(path, "ab") as file:
        file.write(b"x")


def set_time(path: str) -> None:
    os.utime(path, ns=(0, 0))


def watched(paths: list[str]) -> OpenFiles:
    return OpenFiles(states=dict(zip(paths, file_states(paths), strict=True)))


@pytest.mark.parametrize("change", [overwrite_in_place, append, set_time])
def test_change_of_an_open_file_is_an_error_that_names_it(paths: list[str], change: Change) -> None:
    files = watched(paths)
    assert files.read(paths[1], 3, 0) == b"\x01" * 3
    change(paths[1])
    with pytest.raises(
        OSError, match=rf"{paths[1]} changed after it was indexed.* indexes it again"
    ):
        files.read(paths[1], 3, 0)
    assert files.read(paths[2], 3, 0) == b"\x02" * 3


def test_open_file_stays_readable_where_another_takes_its_name(paths: list[str]) -> None:
    """The descriptor is that of the file that was indexed, until it is closed."""
    files = watched(paths)
    files.read(paths[1], 3, 0)
    replace_by_another(paths[1])
    assert files.read(paths[1], 3, 0) == b"\x01" * 3
    files.close()
    with pytest.raises(OSError, match="13 bytes, as many as before"):
        files.read(paths[1], 3, 0)


@pytest.mark.parametrize("change", [replace_by_another, overwrite_in_place, append])
def test_change_before_the_file_is_opened_is_an_error(paths: list[str], change: Change) -> None:
    files = pickle.loads(pickle.dumps(watched(paths)))
    change(paths[1])
    with pytest.raises(OSError, match="changed after it was indexed"):
        files.read(paths[1], 3, 0)


def test_shorter_file_is_an_error_that_names_it(paths: list[str]) -> None:
    with pytest.raises(OSError, match=r"3 has 13 bytes, but at least 15 are expected: it "):
        OpenFiles().read(paths[3], 5, 10)


def test_kept_files_stay_open_besides_the_last_ones(paths: list[str]) -> None:
    before = open_count()
    files = OpenFiles(max_open=1)
    assert files.keep(paths[:3]) == 3
    assert open_count() == before + 3
    for path in paths:
        files.read(path, 1, 0)
    assert open_count() == before + 4
    # Their numbers are above those that `select` can take.
    assert sum(int(number) >= 1024 for number in os.listdir("/proc/self/fd")) >= 3
    for path in paths[:3]:
        os.remove(path)
    assert [files.read(path, 1, 0) for path in paths] == [bytes([i]) for i in range(5)]
    files.close()
    assert open_count() == before


def test_only_the_first_files_stay_open_where_the_limit_is_low(
    paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "room_for_files", lambda wanted: 2)
    before = open_count()
    files = OpenFiles(max_open=1)
    assert files.keep(paths) == 2
    assert open_count() == before + 2
    for path in paths:
        files.read(path, 1, 0)
    assert open_count() == before + 3


def test_file_that_cannot_be_opened_is_left_to_its_read(paths: list[str]) -> None:
    away = f"{paths[1]}.away"
    os.rename(paths[1], away)
    files = OpenFiles()
    assert files.keep(paths) == 5
    with pytest.raises(FileNotFoundError):
        files.read(paths[1], 1, 0)
    os.rename(away, paths[1])
    assert files.read(paths[1], 1, 0) == b"\x01"
    os.remove(paths[1])  # from its first read on, it stays open as well
    assert files.read(paths[1], 1, 0) == b"\x01"


def test_spawned_worker_keeps_its_own_files_open(paths: list[str]) -> None:
    files = OpenFiles(max_open=1)
    files.keep(paths)
    copy = pickle.loads(pickle.dumps(files))
    before = open_count()
    for path in paths:
        copy.read(path, 1, 0)
    assert open_count() == before + 5
