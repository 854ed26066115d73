"""What an order costs is computed from its definition, and the table holds what is promised."""

import math
from typing import Any

import numpy as np
import pytest

from iclip.benchmarks.measurements.order import (
    opens_per_sample,
    shards_per_batch,
    variance_inflation,
)
from tests.support.measured_rows import options

Rows = dict[str, list[dict[str, Any]]]
STARTS = np.array([0, 2, 2, 6])  # shards of 2, 0 and 4 samples
BATCHES = [np.array([0, 1, 2]), np.array([5, 3, 4])]


def test_shards_of_batches_are_counted() -> None:
    assert shards_per_batch(BATCHES, STARTS) == 1.5


def test_variance_is_that_of_correlated_samples() -> None:
    # From the covariance matrix of each batch: the mean's variance times the number of samples.
    shards = [[0, 0, 2], [2, 2, 2]]
    expected = np.mean(
        [np.mean([[1 if i == j else 0.25 * (a == b) for j, b in enumerate(batch)]
                  for i, a in enumerate(batch)]) * 3 for batch in shards]
    )  # fmt: skip
    assert variance_inflation(BATCHES, STARTS, 0.25) == pytest.approx(expected)


@pytest.mark.parametrize(("max_open", "opens"), [(1, 4), (2, 2)])
def test_opens_are_those_of_a_cache_of_the_last_files(max_open: int, opens: int) -> None:
    batches = [np.array([0, 2, 1]), np.array([5, 3, 4])]
    assert opens_per_sample(batches, STARTS, max_open) == opens / 6


def test_kept_files_are_not_opened() -> None:
    batches = [np.array([0, 2, 1]), np.array([5, 3, 4])]
    assert opens_per_sample(batches, STARTS, 1, {0}) == 1 / 6
    assert opens_per_sample(batches, STARTS, 1, {0, 2}) == 0


@pytest.fixture(scope="module")
def rows() -> Rows:
    """The values of the real size, by table."""
    args = options("order", "--ranks", "1", "64")
    columns = args.measurement.columns(args)
    found: Rows = {title: [] for title in columns}
    for row in args.measurement.rows(args):
        assert tuple(row.cells) == columns[row.table]
        found[row.table].append(
            {name: getattr(cell, "median", cell) for name, cell in row.cells.items()}
        )
    return found


def test_windows_open_one_file_in_20_pairs_where_a_permutation_opens_nearly_all(rows: Rows) -> None:
    for row in rows["Pairs in shards"]:
        opens = row["files opened per pair"]
        assert opens < 1 / 20 if row["order"] == "windows of 128, runs of 32" else opens > 0.01
        assert opens > 0.99 or row["order"] != "one permutation"


def test_step_is_drawn_from_most_shards_of_its_window(rows: Rows) -> None:
    row = rows["Pairs in shards"][-1]
    # 256 runs of 32 in 128 shards: 128 (1 - (1 - 1/128)^256) = 110.8 are expected.
    assert row["shards per step"] == pytest.approx(110.8, abs=6)
    # 31 of the own run, and 255 / 128 runs of 32 that lie in the same shard.
    assert row["variance of a step's mean"] == pytest.approx(1 + 0.01 * 94.75, abs=0.04)


def test_tars_that_stay_open_are_opened_once_a_rank(rows: Rows) -> None:
    before, _, alone, all_ranks, _, low = rows["Labelled images in a tar per class"]
    assert before["later epochs"] > 0.98
    assert alone["tars that stay open"] == all_ranks["tars that stay open"] == "21,841"
    assert alone["later epochs"] == all_ranks["later epochs"] == 0
    # 14.2 million images, 64 ranks.
    assert all_ranks["files opened per image, first epoch"] == pytest.approx(
        21_841 / (14.2e6 / 64), rel=0.03
    )
    assert all_ranks["whole run"] < 1 / 20
    # The largest 15,904 of exponential sizes: all but 1 - x (1 - ln x) of the images.
    share = (20_000 - 4096) / 21_841
    assert low["later epochs"] == pytest.approx(1 - share * (1 - math.log(share)), abs=0.015)


def test_ranks_that_cannot_share_a_step_are_refused() -> None:
    for wrong in (("--ranks", "3"), ("--ranks", "0"), ("--workers", "0")):
        args = options("order", *wrong)
        with pytest.raises(ValueError, match=rf"^{wrong[0]} {wrong[1]}: give "):
            args.measurement.check(args)


def test_tiny_form_has_the_same_tables() -> None:
    args = options("order", "--tiny", "--ranks", "8")
    assert [row.table for row in args.measurement.rows(args)] == [
        *["Pairs in shards"] * 3, *["Labelled images in a tar per class"] * 3,
    ]  # fmt: skip
