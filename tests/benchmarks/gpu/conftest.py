from pathlib import Path

import pytest

from iclip.benchmarks.gpu.record import Record


@pytest.fixture
def record(tmp_path: Path) -> Record:
    made = Record(tmp_path / "deep" / "gpu.x")
    made.start({"device": "cpu", "card": "none"})
    return made
