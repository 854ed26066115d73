"""The limit of open files is raised as far as it must and may be, and never lowered."""

import os
import resource
from pathlib import Path

import pytest

from iclip.files import open_file_limit as module
from iclip.files.open_file_limit import RESERVE, room_for_files

NONE = resource.RLIM_INFINITY


class Limits:
    """Stands in for the system's two limits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> None:
        self.soft, self.hard = soft, hard
        self.refuses = False
        monkeypatch.setattr(resource, "getrlimit", lambda kind: (self.soft, self.hard))
        monkeypatch.setattr(resource, "setrlimit", self.set)
        monkeypatch.setattr(module, "_open_count", lambda: 50)

    def set(self, kind: int, limits: tuple[int, int]) -> None:
        assert kind == resource.RLIMIT_NOFILE and limits[1] == self.hard
        if self.refuses:
            raise ValueError("not allowed to raise maximum limit")
        self.soft = limits[0]


@pytest.mark.parametrize(
    ("soft", "hard", "room", "raised"),
    [
        (1024, 1_048_576, 21_841, 21_841 + RESERVE + 50),
        (1024, NONE, 21_841, 21_841 + RESERVE + 50),
        (NONE, NONE, 21_841, NONE),
        (1_048_576, 1_048_576, 21_841, 1_048_576),
        (1024, 20_000, 20_000 - RESERVE - 50, 20_000),
        (1024, 4096, 0, 4096),
        (256, 512, 0, 512),
    ],
)
def test_limit_is_raised_as_far_as_it_must_and_may_be(
    soft: int, hard: int, room: int, raised: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits(monkeypatch, soft, hard)
    assert room_for_files(21_841) == room
    assert limits.soft == raised
    # A second call finds the limit raised.
    assert room_for_files(21_841) == room and limits.soft == raised


def test_limit_that_may_not_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(monkeypatch, 8192, NONE)
    limits.refuses = True
    assert room_for_files(21_841) == 8192 - RESERVE - 50
    assert limits.soft == 8192


def test_open_files_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = module._open_count()
    with (tmp_path / "a").open("w"), (tmp_path / "b").open("w"):
        assert module._open_count() == before + 2
    monkeypatch.setattr(os, "listdir", lambda path: (_ for _ in ()).throw(FileNotFoundError(path)))
    assert module._open_count() == 0
