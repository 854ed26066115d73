"""Figures of a card: those of the pushed weights, from the runs of a report's JSON."""

from typing import Any

from iclip.hub.card_figures import MOST_ROWS, Figure, figure_table, figures_of


def score(**changes: Any) -> dict[str, Any]:
    return {
        "metric": "toy/top1", "value": 50.0, "dataset": "toy", "kind": "zero-shot",
        "source": "zeroshot_toy.json", "how": "fp32", "counted": 10, "whole": 10,
        "counted_in_words": "10 of 10 images", "protocol": "toy/seen", "deviations": [],
        "checkpoint": None, "iteration": 7,
    } | changes  # fmt: skip


def test_figure_says_how_it_was_measured():
    run = {"scores": [score(counted=9, deviations=["9 of 10 read from /srv/x"])]}
    (found,), others = figures_of([run], "abc", 7)
    assert found == Figure(
        "toy/top1", 50.0, "toy", "10 of 10 images", "fp32", "toy/seen",
        ("9 of 10 read from x",), False, "zeroshot_toy.json",
    )  # fmt: skip
    assert found.remarks == "protocol toy/seen; 9 of 10 read from x; fp32" and others == []


def test_scores_of_other_weights_are_left_out_and_said():
    scores = [
        score(source="validation in training", iteration=8, checkpoint="other"),
        score(checkpoint="abc", iteration=0, value=1.0),  # measured twice, told once
        score(checkpoint="other", iteration=0),
        score(checkpoint=None, iteration=0, source="probe.json"),
        score(checkpoint="abc", iteration=0, value=1.0),
        # A checkpoint and the light file of the same iteration.
        score(checkpoint="other", value=2.0),
    ]
    runs = [{"scores": scores}, {"scores": None}]
    found, others = figures_of(runs, "abc", 7)
    assert [figure.value for figure in found] == [1.0, 2.0]
    assert others == [
        "validation in training is of iteration 8, and these weights are of iteration 7",
        "zeroshot_toy.json measured another checkpoint",
        "probe.json does not say which weights it measured",
    ]


def test_where_there_was_nothing_to_measure_there_is_no_figure():
    assert figures_of([{"scores": [score(value=None)]}], "abc", None) == ([], [])


def test_long_table_says_what_it_leaves_out():
    figures = [Figure(f"m|{number}", 1.0) for number in range(MOST_ROWS + 2)]
    lines = list(figure_table(figures))
    assert lines[2].startswith("| m\\|0 | 1.00 | not recorded |")
    assert lines[-1] == "2 more were measured; the table shows the first."
    assert sum(line.startswith("| m") for line in lines) == MOST_ROWS + 1  # and the head
