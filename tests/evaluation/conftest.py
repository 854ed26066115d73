"""Files that several tests of LVIS evaluation read."""

from pathlib import Path

import pytest

from tests.evaluation.lvis_world import write_world


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """An annotation file and a file of detections."""
    return write_world(tmp_path)
