"""LVIS's scores are means over what was measured, -1 left out."""

import numpy as np
import pytest

from iclip.evaluation.lvis_summary import LVISSummary

FREQUENCIES = ("r", "c", "f", "r", "f")


@pytest.fixture
def summary() -> LVISSummary:
    """Five categories; nothing was measured of the last, and of the first at no small object."""
    random = np.random.default_rng(0)
    precision, recall = random.random((10, 101, 5, 4)), random.random((10, 5, 4))
    precision[:, :, 4], recall[:, 4] = -1, -1
    precision[:, :, 0, 1] = -1
    return LVISSummary(precision, recall, FREQUENCIES)


def in_loops(
    precision: np.ndarray, thresholds: range, categories: list[int], area: int = 0
) -> float:
    """Mean precision in percent, value by value."""
    values = [
        precision[t, r, c, area]
        for t in thresholds
        for r in range(101)
        for c in categories
        if precision[t, r, c, area] >= 0
    ]
    return 100 * sum(values) / len(values) if values else -1.0


def test_means_equal_loops(summary: LVISSummary):
    every, each = range(10), [0, 1, 2, 3, 4]
    recalls = [v for v in summary.recall[..., 0].ravel().tolist() if v >= 0]
    expected = {
        "AP": in_loops(summary.precision, every, each),
        "AP50": in_loops(summary.precision, range(1), each),
        "AP75": in_loops(summary.precision, range(5, 6), each),
        "APs": in_loops(summary.precision, every, each, area=1),
        "APm": in_loops(summary.precision, every, each, area=2),
        "APl": in_loops(summary.precision, every, each, area=3),
        "AR300": 100 * sum(recalls) / len(recalls),
        "APr": in_loops(summary.precision, every, [0, 3]),
        "APc": in_loops(summary.precision, every, [1]),
        "APf": in_loops(summary.precision, every, [2, 4]),
    }
    assert summary.means() == pytest.approx(expected)


def test_categories_equal_loops(summary: LVISSummary):
    expected = [in_loops(summary.precision, range(10), [c]) for c in range(4)]
    *measured, last = summary.of_categories()
    assert measured == pytest.approx(expected)
    assert last is None


def test_groups_need_frequencies(summary: LVISSummary):
    plain = LVISSummary(summary.precision, summary.recall, (None,) * 5)
    names = {"AP", "AP50", "AP75", "APs", "APm", "APl", "AR300"}
    assert set(plain.means()) == names


def test_group_without_a_measured_category_is_minus_one(summary: LVISSummary):
    of_group = LVISSummary(summary.precision, summary.recall, ("r", "c", "c", "c", "f"))
    assert of_group.means()["APf"] == -1
