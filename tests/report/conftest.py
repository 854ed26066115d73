"""Plots take most of a report's time; tests that are about something else leave them out."""

import pytest

from tests.support.small_wordnet import small_wordnet, write_corpus  # noqa: F401


@pytest.fixture
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave plots empty."""
    monkeypatch.setattr("iclip.report.plots._svg", lambda canvas: "<svg></svg>")
