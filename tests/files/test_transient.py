import errno
from collections.abc import Callable

import pytest

from iclip.files.transient import is_transient, retry_count, tried_again


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    monkeypatch.setattr("iclip.files.transient.sleep", made.append)
    return made


def failing(*errors: Exception) -> Callable[[], str]:
    """A read that raises the errors one after the other, and then succeeds."""
    pending = list(errors)

    def read() -> str:
        if pending:
            raise pending.pop(0)
        return "content"

    return read


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "a sector"),
        OSError(errno.ESTALE, "stale file handle"),
        OSError(errno.ETIMEDOUT, "timed out"),
        ConnectionResetError("reset"),
        TimeoutError("without a number"),
    ],
)
def test_what_may_pass_is_transient(error: OSError) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "missing"),
        PermissionError(errno.EACCES, "refused"),
        OSError(errno.ENOSPC, "full"),
        OSError("without a number"),
        ValueError("a fault"),
    ],
)
def test_what_stays_is_not(error: Exception) -> None:
    assert not is_transient(error)


def test_read_is_repeated_until_it_succeeds(pauses: list[float]) -> None:
    errors = [OSError(errno.EIO, "1"), TimeoutError("2"), ConnectionError("3")]
    seen: list[OSError] = []
    before = retry_count()
    assert tried_again(failing(*errors), tries=4, note=seen.append) == "content"
    assert seen == errors
    assert retry_count() == before + 3


def test_pauses_double_and_differ_by_a_quarter(pauses: list[float]) -> None:
    tried_again(failing(*[OSError(errno.EIO, "")] * 3), tries=4, first_pause=2)
    assert len(pauses) == 3
    for expected, pause in zip((2, 4, 8), pauses, strict=True):
        assert 0.75 * expected <= pause <= 1.25 * expected


def test_last_error_is_raised(pauses: list[float]) -> None:
    errors = [OSError(errno.EIO, f"{number}") for number in range(3)]
    with pytest.raises(OSError, match="2"):
        tried_again(failing(*errors), tries=3)
    assert len(pauses) == 2


def test_permanent_error_is_raised_at_once(pauses: list[float]) -> None:
    with pytest.raises(FileNotFoundError):
        tried_again(failing(FileNotFoundError("missing")))
    assert not pauses
