"""Part 5: a training step of each transfer with Swin-B at its real size."""

from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.gpu.transfer_models import TRANSFERS, TransferStep
from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import medians

NAME = "transfers"


def run(settings: Settings, record: Record) -> None:
    """Record the time and the memory of a step of each transfer."""
    # About an equal share of the time for each, with a fifth left for building the models.
    for number, task in enumerate(TRANSFERS):
        with record.attempt(NAME, task):
            _measure(task, 0.8 / (len(TRANSFERS) - number), settings, record)
        settings.free()


def _measure(task: str, share: float, settings: Settings, record: Record) -> None:
    """Measure the step of one transfer in a share of the remaining time."""
    step = TransferStep(task, "Swin-B", settings)
    step()  # warm-up
    with settings.memory() as peak:
        step()
    seconds, rounds = medians({task: step}, settings, share)
    size = " x ".join(map(str, step.shape))
    note = "; ".join([f"inputs {size}, median of {rounds}", *filter(None, [str(peak)])])
    record.add(NAME, f"{task}: training step", seconds[task] * 1e3, "ms", note)
