"""Every sub-command is a measurement that says what it does."""

import pytest

from iclip.benchmarks.harness.catalog import MEASUREMENTS, load_measurement
from iclip.benchmarks.harness.measurement import Measurement


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_each_name_is_a_measurement_with_a_help(name: str):
    measurement = load_measurement(name)
    assert isinstance(measurement, Measurement)
    # A docstring of its own, not the base class's.
    assert type(measurement).__dict__["__doc__"]
