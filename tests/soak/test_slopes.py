import numpy as np
import pytest

from tests.soak.slopes import fit_slope

HOURS = np.linspace(0, 2, 1440)  # a sample every five seconds


def series(growth: float, seed: int = 0) -> np.ndarray:
    """Memory as it was measured: a start, validations every ten minutes, noise, and a growth."""
    random = np.random.default_rng(seed)
    start = -300 * np.exp(-HOURS / 0.05)
    validations = 80.0 * ((HOURS * 6) % 1 < 0.15)
    return 1500 + start + validations + random.normal(0, 12, HOURS.shape) + growth * HOURS


@pytest.mark.parametrize("seed", range(5))
def test_planted_leak_is_found_and_measured(seed: int) -> None:
    slope = fit_slope("memory", HOURS * 3600, series(25.0, seed), limit=10)
    assert slope.verdict == "grows"
    assert abs(slope.per_hour - 25) < 2 * slope.margin < 25


@pytest.mark.parametrize("seed", range(5))
def test_series_without_a_leak_is_flat(seed: int) -> None:
    slope = fit_slope("memory", HOURS * 3600, series(0.0, seed), limit=10)
    assert slope.verdict == "flat" and abs(slope.per_hour) < 2 * slope.margin


def test_leak_below_the_limit_is_none() -> None:
    assert fit_slope("memory", HOURS * 3600, series(3.0), limit=10).verdict == "flat"


def test_slow_leak_is_found_where_nothing_else_moves() -> None:
    """A file that is never closed, once in a quarter of an hour."""
    slope = fit_slope("files", HOURS * 3600, 84 + np.floor(HOURS * 4), limit=2)
    assert slope.verdict == "grows" and slope.per_hour == pytest.approx(4, rel=0.1)


def test_constant_series_has_no_slope_and_no_doubt() -> None:
    slope = fit_slope("threads", HOURS * 3600, np.full(HOURS.shape, 42), limit=1)
    assert (slope.level, slope.per_hour, slope.margin, slope.verdict) == (42, 0, 0, "flat")


def test_too_short_and_noisy_a_series_is_unclear() -> None:
    values = series(0.0)
    slope = fit_slope("memory", HOURS[-60:] * 3600, values[-60:], limit=10)
    assert slope.verdict == "unclear"


def test_slope_and_margin_are_those_of_the_textbook() -> None:
    random = np.random.default_rng(0)
    seconds = np.arange(160.0)
    values = 5 + 0.1 * seconds + random.normal(0, 1, 160)
    slope = fit_slope("x", seconds, values, limit=0)
    # After the warm-up of 40 seconds, 12 blocks of 10 samples.
    x = seconds[40:].reshape(12, 10).mean(axis=1) / 3600
    y = np.sort(values[40:].reshape(12, 10), axis=1)[:, 4:6].mean(axis=1)
    spread = ((x - x.mean()) ** 2).sum()
    expected = ((x - x.mean()) * (y - y.mean())).sum() / spread
    rest = y - y.mean() - expected * (x - x.mean())
    error = np.sqrt((rest**2).sum() / 10 / spread)
    assert slope.per_hour == pytest.approx(expected)
    assert slope.margin == pytest.approx(2.228139 * error)  # Student's t, 10 degrees, 97.5 %


@pytest.mark.parametrize("count", [0, 1, 20])
def test_too_few_samples_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=r"at least 24 are needed\. Run longer, or sample more"):
        fit_slope("memory", HOURS[:count], HOURS[:count], limit=1)
