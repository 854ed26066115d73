"""The pass through all class texts is timed against the padded one, with equal gradients."""

import pytest
import torch

from iclip.benchmarks.measurements.classes import _largest_difference
from tests.support.measured_rows import options, timed_rows


def test_both_passes_give_the_same_embeddings_and_gradients():
    rows = timed_rows("classes")
    assert [row.cells["case"].split(" class")[0] for row in rows] == ["8", "16"]
    assert all(row.cells["largest difference"].median < 1e-5 for row in rows)


def test_memory_of_many_classes_is_measured_without_the_padded_pass():
    args = options("classes", "--without", "padded")
    (columns,) = args.measurement.columns(args).values()
    assert not [name for name in columns if "padded" in name]


def test_a_gradient_that_is_absent_or_other_shows():
    one = {"embeddings": torch.ones(2), "weight": torch.tensor([3.0, 4.0]), "bias": torch.zeros(1)}
    other = one | {"weight": torch.tensor([3.0, 4.5])}
    assert _largest_difference({"iclip": other, "padded": one}) == pytest.approx(0.1)
    # A gradient that is zero but for rounding is no relative difference.
    other = one | {"bias": torch.full((1,), 1e-9)}
    assert _largest_difference({"iclip": other, "padded": one}) < 1e-8
