"""A long wait is announced once, when the first shards tell how long it is."""

import pytest

from iclip.datasets.readers.index_forecast import IndexForecast
from iclip.progress import Progress


def said(
    clock: dict[int, float], at_a_time: int, ranks: int, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """What is said while three shards are indexed, each done at its time in seconds."""
    monkeypatch.setattr(Progress, "elapsed", lambda self: clock[self.done])
    texts: list[str] = []
    progress = Progress("indexing", 3, say=lambda line: None)
    forecast = IndexForecast(progress, at_a_time, ranks, texts.append)
    for _ in range(3):
        progress.advance()
        forecast.look()
    return texts


def test_wait_is_announced_once_with_the_way_to_do_it_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # At 4 s it is too early. At 600 s one is left, of 300 s, for two ranks.
    assert said({1: 4.0, 2: 600.0, 3: 900.0}, 2, 2, monkeypatch) == [
        "3 shards without an index: about 2:30 more, if the others take as long as the first. "
        "tools/index_data.py CONFIG indexes them before the run, on all cores; what is indexed "
        "stays when either is stopped"
    ]


def test_first_shard_stands_for_those_begun_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = said({1: 300.0, 2: 301.0, 3: 302.0}, 3, 1, monkeypatch)
    # Two are left, of 100 s each.
    assert "about 3:20 more" in text


@pytest.mark.parametrize("each", [0.1, 20.0])
def test_short_wait_is_not_announced(each: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said({1: each, 2: 2 * each, 3: 3 * each}, 1, 1, monkeypatch) == []
