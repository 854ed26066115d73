"""What each library loads of each layout, and that a map that differs is a failure."""

import math

import pytest

from iclip.benchmarks.harness.rows import Row
from iclip.benchmarks.measurements.layouts import load_cells, map_cells
from iclip.benchmarks.peers.feature_maps import Comparison
from iclip.benchmarks.peers.tensor_counts import LoadedTensors
from tests.support.measured_rows import options


@pytest.mark.parametrize(
    ("difference", "fails"), [(0.9e-5, False), (1.1e-5, True), (math.nan, True)]
)
def test_a_map_that_differs_is_a_failure(difference: float, fails: bool):
    cells = map_cells(Comparison("peer", "iclip", (224, 224), 4, (0.0, 0.0, 0.0, difference)))
    assert (cells["network"], cells["size"]) == ("peer", "224x224, 4 frames")
    measurement = options("layouts").measurement
    assert (measurement.failure([Row(cells)]) is not None) == fails


def test_counts_name_what_is_missing():
    cells = load_cells(LoadedTensors("timm", "silent", 5, 2, 4, ("a", "b"), ()))
    assert [*cells.values()] == ["timm", "silent", "5 + 2 of other parts", "4", "2 (a, b)", "0"]


def test_every_library_loads_its_layout_and_every_peer_is_compared():
    args = options("layouts", "--tiny", "--arch", "tiny")
    tables = args.measurement.columns(args)
    rows = list(args.measurement.rows(args))
    assert {row.table for row in rows} == {*tables}
    for row in rows:
        assert tuple(row.cells) == tables[row.table]
    assert args.measurement.failure(rows) is None
    loaders = {row.cells["loaded by"] for row in rows if "loaded by" in row.cells}
    assert {"timm.create_model", "mmdet.SwinTransformer", "mmseg.SwinTransformer"} < loaders
