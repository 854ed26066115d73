"""Accuracies of classes count what had no prediction against the model."""

import pytest

from iclip.report.class_figures import accuracies, mean_over_seeds, read_class_figures
from iclip.report.confusions import confusion_figure

CONFUSION = {"names": ["disc", "star"], "counts": [[3, 1], [0, 2]], "undecided": [4, 0]}


def test_images_without_a_prediction_count_as_wrong():
    disc, star = accuracies(CONFUSION).classes
    assert (disc.value, disc.count) == (100 * 3 / (3 + 1 + 4), 8)
    assert (star.value, star.count) == (100.0, 2)


def test_images_without_a_prediction_have_a_column(monkeypatch: pytest.MonkeyPatch):
    drawn = {}

    def matrix_plot(rows, columns, shares):
        drawn.update(columns=columns, shares=shares)
        return "<svg></svg>"

    monkeypatch.setattr("iclip.report.confusions.matrix_plot", matrix_plot)
    figure = confusion_figure("run", accuracies(CONFUSION))
    assert drawn["columns"] == ["disc", "star", "no class"]
    assert [sum(row) for row in drawn["shares"]] == pytest.approx([100, 100])
    assert drawn["shares"][0] == [100 * 3 / 8, 100 * 1 / 8, 100 * 4 / 8]
    assert "disc 38 % (4 without a class: equal scores, or not finite)" in figure.alt


def test_a_class_that_was_never_decided_has_the_accuracy_0():
    disc, _ = accuracies(CONFUSION | {"counts": [[0, 0], [0, 2]]}).classes
    assert (disc.value, disc.count) == (0.0, 4)


@pytest.mark.parametrize("undecided", [[1], [1, -1], [1, 0.5], {"a": 1}])
def test_undecided_that_does_not_fit_is_refused(undecided: object):
    with pytest.raises(ValueError, match="its undecided is not a list of 2 counts"):
        accuracies(CONFUSION | {"undecided": undecided})


def test_counts_of_seeds_are_added_up():
    classes = [{"name": name, "value": 50.0, "count": 1} for name in ("disc", "star")]
    runs = [
        read_class_figures(
            {"metric": "top-1", "classes": classes, "confusion": [[1, i], [0, 1]],
             "undecided": [i, 0]}
        )
        for i in (2, 3)
    ]  # fmt: skip
    together = mean_over_seeds(runs)
    assert together.confusion == ((2, 5), (0, 2))
    assert together.undecided == (5, 0)
