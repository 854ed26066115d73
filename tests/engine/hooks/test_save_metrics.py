import json
from pathlib import Path

import numpy as np

from iclip.engine import SaveMetrics
from tests.engine.fake_runner import fake_runner


def test_the_file_says_how_far_the_model_was_trained(tmp_path: Path):
    runner = fake_runner(iter=7, work_dir=str(tmp_path))
    runner.message_hub.update_info("samples_seen", 896)
    SaveMetrics().after_val_epoch(runner, {"seen/top1": np.float32(12.5)})
    record = json.loads((tmp_path / "metrics.json").read_text())
    assert record == {"iteration": 7, "samples_seen": 896, "metrics": {"seen/top1": 12.5}}


def test_a_later_validation_replaces_an_earlier_one(tmp_path: Path):
    for iteration in (7, 9):
        SaveMetrics().after_val_epoch(fake_runner(iter=iteration, work_dir=str(tmp_path)), {})
    assert json.loads((tmp_path / "metrics.json").read_text())["iteration"] == 9
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]
