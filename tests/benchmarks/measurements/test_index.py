"""Indexing is timed against the indexer of before, which finds the same."""

import os
from pathlib import Path

import pytest

from iclip.benchmarks.measurements.index import _differing, drop_from_cache
from tests.support.measured_rows import options, seconds, timed_rows


def test_both_find_the_same_records():
    rows = timed_rows("index", "--workers", "0")
    assert [row.cells["case"] for row in rows] == [
        "1 shards of 20 pairs, 0 workers",
        "2 shards of 20 pairs, 0 workers",
    ]
    assert all(seconds(row, "before") > 0 for row in rows)
    assert options("index").measurement.failure(rows) is None


def test_shards_that_are_kept_are_found_again(tmp_path: Path):
    given = ("index", "--workers", "0", "--shards", "1", "--folder", str(tmp_path / "new"))
    timed_rows(*given)
    (shard,) = (tmp_path / "new").glob("*")  # the indices are gone
    before = shard.stat().st_mtime_ns
    timed_rows(*given)
    assert shard.stat().st_mtime_ns == before


@pytest.mark.parametrize("workers", ["0", "1"])
def test_reads_of_both_sides_may_be_delayed(workers: str):
    plain = os.pread
    (row,) = timed_rows("index", "--workers", workers, "--shards", "1", "--read-delay", "2")
    assert row.cells["case"] == f"1 shards of 20 pairs, {workers} workers, 2 ms added to each read"
    # A read per header of 60 members, against two of the whole shard: the second looks for more.
    assert seconds(row, "before") > 60 * 2e-3 and seconds(row, "iclip") > 2e-3
    assert os.pread is plain


def test_records_that_differ_are_counted():
    import numpy as np

    one, other = np.array([1, 2, 3]), np.array([1, 5, 6])
    assert _differing({"iclip": [one, other], "before": [one, one]}) == 2.0


def test_a_dropped_file_still_has_its_content(tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(os.urandom(1 << 16))
    content = file.read_bytes()
    drop_from_cache([str(file)])
    assert file.read_bytes() == content
