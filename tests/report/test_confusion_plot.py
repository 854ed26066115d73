"""What the worst classes are taken for."""

import pytest

from iclip.report.confusion_plot import confusion_plot
from iclip.results import ClassScores

SCORES = ClassScores.from_confusion(("disc", "star"), ((3, 1), (0, 2)), (4, 0))


def test_images_without_a_prediction_have_a_column(monkeypatch: pytest.MonkeyPatch):
    drawn = {}

    def matrix_plot(rows, columns, shares):
        drawn.update(columns=columns, shares=shares)
        return "<svg></svg>"

    monkeypatch.setattr("iclip.report.confusion_plot.matrix_plot", matrix_plot)
    plot = confusion_plot("run", SCORES)
    assert drawn["columns"] == ["disc", "star", "no class"]
    assert [sum(row) for row in drawn["shares"]] == pytest.approx([100, 100])
    assert drawn["shares"][0] == [100 * 3 / 8, 100 * 1 / 8, 100 * 4 / 8]
    assert "disc 38 % (4 without a class: equal scores, or not finite)" in plot.alt
