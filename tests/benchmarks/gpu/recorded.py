"""What a benchmark's record holds."""

from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.settings import Settings

TINY = Settings(device="cpu", tiny=True, rounds=1)


def by_name(record: Record) -> dict[str, dict]:
    """Return the lines of measurements, failed ones too, by their names."""
    return {line["what"]: line for line in record.read() if "what" in line}
