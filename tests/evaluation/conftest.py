"""Files that several tests of LVIS evaluation read."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.lvis_world import noisy_detections, small_world


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    truth = small_world(rng)
    annotations, results = tmp_path / "ann.json", tmp_path / "results.json"
    annotations.write_text(json.dumps(truth))
    results.write_text(json.dumps(noisy_detections(truth, rng, strays=40)))
    return annotations, results
