import re

import pytest

from iclip.benchmarks.gpu import zero_shot_speed
from iclip.benchmarks.gpu.record import Record
from tests.benchmarks.gpu.recorded import TINY, by_name


def test_rates_are_images_over_time_and_the_parts_are_of_the_best(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    seconds = {"batch 1": 0.5, "batch 2": 4.0}

    def medians(runs: dict, settings: object, share: float):
        (name,) = runs
        runs[name]()
        return {name: seconds[name]}, 3

    monkeypatch.setattr(zero_shot_speed, "medians", medians)
    zero_shot_speed.run(TINY, record)
    lines = by_name(record)
    assert (lines["batch 1"]["value"], lines["batch 2"]["value"]) == (2.0, 0.5)
    parts = {name for name in lines if re.search(", batch", name)}
    assert parts == {
        f"{part}, batch 1" for part in ("copy to the device", "image tower", "copy back")
    }


def test_a_batch_that_does_not_fit_leaves_the_others_measured(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    def medians(runs: dict, settings: object, share: float):
        (name,) = runs
        if name == "batch 2":
            raise MemoryError("too large")
        return {name: 1.0}, 3

    monkeypatch.setattr(zero_shot_speed, "medians", medians)
    zero_shot_speed.run(TINY, record)
    lines = by_name(record)
    assert lines["batch 2"]["error"] == "MemoryError: too large"
    assert "image tower, batch 1" in lines
