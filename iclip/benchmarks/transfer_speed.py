"""Part 5: a training step of each transfer with Swin-B at its real size."""

from iclip.benchmarks.record import Record
from iclip.benchmarks.settings import Settings
from iclip.benchmarks.timing import medians
from iclip.benchmarks.transfer_models import TRANSFERS, TransferStep

NAME = "transfers"


def run(settings: Settings, record: Record) -> None:
    """Record the time and the memory of each."""
    for number, task in enumerate(TRANSFERS):
        with record.attempt(NAME, task):
            _measure(task, 0.8 / (len(TRANSFERS) - number), settings, record)
        settings.free()


def _measure(task: str, share: float, settings: Settings, record: Record) -> None:
    step = TransferStep(task, "Swin-B", settings)
    step()
    with settings.memory() as peak:
        step()
    seconds, rounds = medians({task: step}, settings, share)
    size = " x ".join(map(str, step.shape))
    note = "; ".join([f"inputs {size}, median of {rounds}", *filter(None, [str(peak)])])
    record.add(NAME, f"{task}: training step", seconds[task] * 1e3, "ms", note)
