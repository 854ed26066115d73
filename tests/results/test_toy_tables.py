"""Mean and spread over seeds."""

import numpy as np
import pytest

from iclip.results.toy_tables import PRE_TRAINING_COLUMNS, first_values, mean_and_spread


@pytest.mark.parametrize("values", [[50.0, 54.0], [1.0, 2.0, 4.0], [3.0, 3.0]])
def test_spread_is_the_sample_deviation(values: list[float]):
    expected = f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}"
    assert mean_and_spread(values) == expected


@pytest.mark.parametrize(("values", "shown"), [([], "-"), ([7.25], "7.2")])
def test_one_value_has_no_spread_and_none_is_a_dash(values: list[float], shown: str):
    assert mean_and_spread(values) == shown


def test_a_run_without_the_first_metric_gives_the_next_and_one_without_any_nothing():
    runs = [{"seen/top1": 1.0, "seen_head/top1": 2.0}, {"seen_head/top1": 3.0}, {"mIoU": 4.0}]
    assert first_values(runs, PRE_TRAINING_COLUMNS["seen"]) == [1.0, 3.0]
    assert first_values(runs, PRE_TRAINING_COLUMNS["seen, head"]) == [2.0, 3.0]
