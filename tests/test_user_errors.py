"""Messages of the hub are told from faults by where they were raised."""

import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader, Dataset

from iclip.commands.command_line import report_errors
from iclip.files.text import read_text
from iclip.messages import counted
from iclip.user_errors import is_for_the_user, readable
from tests.support.torchrun import torchrun_environment


def not_text(folder: Path) -> Path:
    """A file that the hub's own reader refuses."""
    path = folder / "table.tsv"
    path.write_bytes(b"caf\xe9\n")
    return path


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


class Reading(Dataset):
    """Items that a function reads from one file."""

    def __init__(self, read: Callable[[Path], Any], path: Path) -> None:
        self.read, self.path = read, path

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Any:
        return self.read(self.path)


def raised(call: Callable[[], Any]) -> BaseException:
    with pytest.raises(Exception) as error:
        call()
    return error.value


def load_in_worker(read: Callable[[Path], Any], path: Path) -> Any:
    return next(iter(DataLoader(Reading(read, path), num_workers=1)))


def load_in_pool(read: Callable[[Path], Any], path: Path) -> Any:
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        return pool.submit(read, path).result()


def load_in_old_pool(read: Callable[[Path], Any], path: Path) -> Any:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(read, (path,))


def load_here(read: Callable[[Path], Any], path: Path) -> Any:
    return read(path)


LOADERS = [load_here, load_in_worker, load_in_pool, load_in_old_pool]


@pytest.mark.parametrize("load", LOADERS)
def test_message_of_the_hub_is_for_the_user(load: Callable[..., Any], tmp_path: Path) -> None:
    error = raised(lambda: load(read_text, not_text(tmp_path)))
    assert is_for_the_user(error)
    assert readable(error).startswith(f"{tmp_path / 'table.tsv'} is not UTF-8: line 1")


@pytest.mark.parametrize("load", LOADERS)
def test_error_of_a_library_is_not(load: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text("{")
    error = raised(lambda: load(read_json, path))
    assert "Expecting property name" in str(error)
    assert not is_for_the_user(error)


def test_error_of_python_within_the_hub_is_not() -> None:
    error = raised(lambda: counted("many", "image"))  # type: ignore[arg-type]
    assert isinstance(error, ValueError)
    assert not is_for_the_user(error)


def test_error_raised_outside_the_hub_is_not() -> None:
    def fault() -> None:
        raise ValueError("from another package")

    assert not is_for_the_user(raised(fault))


@pytest.mark.parametrize("error", [KeyError("a"), TypeError("a"), AssertionError("a")])
def test_other_types_are_not(error: Exception) -> None:
    assert not is_for_the_user(error)


def test_file_that_the_system_refuses_is_for_the_user(tmp_path: Path) -> None:
    error = raised(lambda: (tmp_path / "absent" / "result.json").write_text(""))
    assert is_for_the_user(error)


def test_error_without_a_traceback_is_not() -> None:
    assert not is_for_the_user(ValueError("never raised"))


def test_fault_passes_through_the_command_line() -> None:
    def command() -> None:
        int("many")

    with pytest.raises(ValueError, match="invalid literal"):
        report_errors(command, "name", show_traceback=False)


def test_message_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in torchrun_environment(rank=3, ranks=4, port=1).items():
        monkeypatch.setenv(name, value)
    path = not_text(tmp_path)
    assert report_errors(lambda: print(read_text(path)), "name", show_traceback=False) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"\n[rank 3] ERROR: {path} is not UTF-8")
    assert "Traceback" not in told
