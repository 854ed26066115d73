import io
from collections.abc import Iterator

import pytest

from iclip.progress import Progress, clock_time


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, clock: list[float], counts: list[int]
) -> str:
    """What is written where the clock shows these seconds when it is read."""
    times: Iterator[float] = iter(clock)
    monkeypatch.setattr("iclip.progress.time.monotonic", lambda: next(times))
    progress = Progress("pairs", sum(counts), stream)
    for count in counts:
        progress.advance(count)
    return stream.getvalue()


def test_line_has_count_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    # Read at the start, at each call, and once more where a line is shown; the first call is
    # within two seconds of the start and shows nothing.
    text = shown(monkeypatch, io.StringIO(), [0, 1, 4, 4, 10, 10], [10, 30, 60])
    assert [line.split() for line in text.splitlines()] == [
        ["pairs", "40/100", "10", "per", "s", "ETA", "0:06"],
        ["pairs", "100/100", "10", "per", "s", "took", "0:10"],
    ]


def test_slow_items_have_seconds_each(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, io.StringIO(), [0, 90, 90, 180, 180], [1, 1])
    assert [line.split() for line in text.splitlines()] == [
        ["pairs", "1/2", "90", "s", "each", "ETA", "1:30"],
        ["pairs", "2/2", "90", "s", "each", "took", "3:00"],
    ]


def test_time_left_is_told_without_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    times: Iterator[float] = iter([0, 30, 90])
    monkeypatch.setattr("iclip.progress.time.monotonic", lambda: next(times))
    progress = Progress("runs", 3)
    progress.done = 1
    assert progress.time_left() == "ETA 1:00"
    progress.done = 3
    assert progress.time_left() == "took 1:30"


def test_terminal_keeps_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, Terminal(), [0, 4, 4, 10, 10], [40, 60])
    assert text.count("\r") == 2
    assert text.count("\n") == 1
    assert text.endswith("\n")


@pytest.mark.parametrize(
    "seconds, text", [(0.4, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3723, "1:02:03")]
)
def test_clock_time_has_hours_from_one_hour_on(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text


def test_patient_progress_shows_nothing_of_short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for clock, lines in (([0, 1, 1.5, 1.5], 0), ([0, 3, 3, 4, 4], 2)):
        times: Iterator[float] = iter(clock)
        monkeypatch.setattr("iclip.progress.time.monotonic", lambda times=times: next(times))
        stream = io.StringIO()
        progress = Progress("images", 2, stream, patient=True)
        progress.advance()
        progress.advance()
        assert len(stream.getvalue().splitlines()) == lines
