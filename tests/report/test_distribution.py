"""Scores of several runs as a distribution: Student's t, and the verdict beside a reference."""

import math

import numpy as np
import pytest

from iclip.report.distribution import APART, NOT_APART, UNKNOWN, Spread, spread_of, verdict


def test_three_runs_allow_students_t():
    # The quantile of two degrees of freedom in closed form: a sqrt(2 / (1 - a^2)), a = 0.95.
    quantile = 0.95 * math.sqrt(2 / (1 - 0.95**2))
    assert Spread(2.0, 3, "").allowed(3) == pytest.approx(quantile * 2.0 * math.sqrt(4 / 3))
    assert Spread(2.0, 3, "").allowed() == pytest.approx(quantile * 2.0 * math.sqrt(2))


@pytest.mark.parametrize("runs", [2, 3, 5])
def test_95_of_100_further_runs_are_allowed(runs: int):
    draws = np.random.default_rng(0).normal(50.0, 3.0, (200_000, runs + 1))
    means, deviations = draws[:, :-1].mean(1), draws[:, :-1].std(1, ddof=1)
    allowed = deviations * Spread(1.0, runs, "").allowed(runs)
    assert np.mean(np.abs(draws[:, -1] - means) <= allowed) == pytest.approx(0.95, abs=0.003)


def test_spread_is_the_sample_deviation_and_needs_two_runs():
    found = spread_of([10.0, 12.0, 14.0])
    assert found is not None
    assert (found.deviation, found.runs) == (2.0, 3)
    assert spread_of([10.0]) is None


@pytest.mark.parametrize(
    ("values", "reference", "status", "words"),
    [
        # Three runs of deviation 2 allow 9.9.
        ((10.0, 12.0, 14.0), 21.0, NOT_APART, "not apart: 9.0 off, 9.9 allowed (3 runs, ± 2.0)"),
        ((10.0, 12.0, 14.0), 22.0, APART, "apart: 10.0 off, 9.9 allowed (3 runs, ± 2.0)"),
        ((12.0, 12.0), 12.0, NOT_APART, "not apart: 0.0 off, 0.0 allowed (2 runs, ± 0.0)"),
    ],
)
def test_runs_give_their_own_spread(
    values: tuple[float, ...], reference: float, status: str, words: str
):
    other = Spread(100.0, 3, "another's")
    found = verdict(values, reference, other)
    assert (found.status, found.words) == (status, words)
    assert found.difference == pytest.approx(sum(values) / len(values) - reference)


def test_a_single_run_takes_a_known_spread_and_says_whose():
    found = verdict([44.4], 45.9, Spread(1.4, 3, "spread of the toy world's"))
    assert found.status == NOT_APART
    assert found.words == (
        "not apart: 1.5 off, 8.5 allowed (one run; spread of the toy world's: 3 runs, ± 1.4)"
    )


def test_a_single_run_without_a_known_spread_has_no_verdict():
    found = verdict([44.4], 45.9, None)
    assert (found.status, found.allowed) == (UNKNOWN, None)
    assert found.words == "no verdict: one run, and no spread is known"
