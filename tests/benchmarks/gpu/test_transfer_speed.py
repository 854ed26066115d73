import pytest
import torch

from iclip.benchmarks.gpu import transfer_speed
from iclip.benchmarks.gpu.record import Record
from tests.benchmarks.gpu.recorded import TINY, by_name


class Step:
    shape = (2, 3, 8, 16)

    def __init__(self, task: str, size: str, settings: object) -> None:
        if task == "segmentation":
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1


def test_a_transfer_that_fails_leaves_the_others_measured(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    shares = {}

    def medians(runs: dict[str, Step], settings: object, share: float):
        (task,) = runs
        assert runs[task].calls == 2
        shares[task] = share
        return {task: 0.25}, 3

    monkeypatch.setattr(transfer_speed, "TransferStep", Step)
    monkeypatch.setattr(transfer_speed, "medians", medians)
    transfer_speed.run(TINY, record)
    lines = by_name(record)
    assert lines.pop("segmentation")["error"] == "OutOfMemoryError: CUDA out of memory."
    assert {name: (line["value"], line["unit"]) for name, line in lines.items()} == {
        "detection: training step": (250.0, "ms"),
        "video: training step": (250.0, "ms"),
    }
    assert lines["video: training step"]["note"] == "inputs 2 x 3 x 8 x 16, median of 3"
    # Of the time that is left: a third, then all, since what one does not use the next one may.
    assert shares == pytest.approx({"detection": 0.8 / 3, "video": 0.8})
