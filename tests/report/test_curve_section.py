"""Which runs have training curves, and what is said about them."""

from pathlib import Path

import pytest

from iclip.report import curve_section as module
from iclip.report.curve_section import MOST_CURVES, curve_section
from iclip.report.run import Run

CURVE = ({"step": 1, "train/loss": 4.0, "lr": 0.1}, {"step": 9, "train/loss": 2.5, "lr": 0.2})


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """The series of each plot, in order."""
    series: list[dict] = []
    monkeypatch.setattr(module, "line_plot", lambda given, *_: series.append(given) or "<svg/>")
    return series


def runs(count: int) -> list[Run]:
    return [Run(Path(f"r{i}"), f"r{i}", curve=CURVE) for i in range(count)]


def test_a_scalar_is_drawn_by_either_of_its_names(drawn: list[dict]):
    section = curve_section(runs(1))
    assert [plot.caption for plot in section.plots] == ["loss", "learning rate"]
    assert drawn == [{"r0": [(1.0, 4.0), (9.0, 2.5)]}, {"r0": [(1.0, 0.1), (9.0, 0.2)]}]


def test_first_and_last_value_are_said():
    loss, _ = curve_section(runs(2)).plots
    assert loss.alt == "loss over iterations: r0 from 4 to 2.5; r1 from 4 to 2.5"


def test_lines_without_the_scalar_or_the_step_are_left_out(drawn: list[dict]):
    curve = (
        {"step": 1, "loss": 4.0},
        {"step": 2, "lr": 0.1},
        {"loss": 9.0},
        {"step": 3, "loss": 1.0},
    )
    curve_section([Run(Path("r"), "r", curve=curve)])
    assert drawn[0] == {"r": [(1.0, 4.0), (3.0, 1.0)]}


def test_runs_without_a_log_have_no_curve(drawn: list[dict]):
    section = curve_section([Run(Path("r"), "r")])
    assert not section.plots and not section.text and not drawn


@pytest.mark.parametrize(
    ("count", "text"),
    [(12, []), (13, ["1 further run not drawn."]), (15, ["3 further runs not drawn."])],
)
def test_only_so_many_runs_are_drawn_and_the_rest_is_counted(
    count: int, text: list[str], drawn: list[dict]
):
    assert curve_section(runs(count)).text == text
    assert len(drawn[0]) == MOST_CURVES == 12


def test_of_seeds_the_first_is_drawn(drawn: list[dict]):
    config = {"train_dataloader": {"dataset": {"root": "toy/x"}}}
    seeds = [
        Run(Path(f"x/seed{i}"), f"x/seed{i}", config | {"randomness": {"seed": i}}, curve=CURVE[i:])
        for i in range(2)
    ]
    curve_section(seeds)
    (points,) = drawn[0].values()
    assert len(points) == 2
