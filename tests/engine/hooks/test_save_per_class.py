import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from iclip.engine import SavePerClass
from tests.engine.fake_runner import fake_runner

RECORD = {
    "metric": "IoU",
    "counted": "pixels",
    "classes": [
        {"name": "grüner Baum", "value": 12.5, "count": 40},
        {"name": "sky", "value": None, "count": 0},
    ],
}


def runner_with(folder: Path, *metrics: SimpleNamespace):
    loop = SimpleNamespace(evaluator=SimpleNamespace(metrics=metrics))
    return fake_runner(work_dir=str(folder), val_loop=loop, test_loop=loop)


@pytest.mark.parametrize("event", ["after_val_epoch", "after_test_epoch"])
def test_figures_of_the_classes_reach_the_disk(event: str, tmp_path: Path):
    logged = {"mIoU": 12.5}
    metrics = (SimpleNamespace(), SimpleNamespace(per_class=RECORD))
    getattr(SavePerClass(), event)(runner_with(tmp_path, *metrics), logged)
    assert json.loads((tmp_path / "per_class.json").read_text()) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == ["per_class.json"]
    assert logged == {"mIoU": 12.5}


def test_no_file_where_nothing_was_kept(tmp_path: Path):
    metrics = (SimpleNamespace(), SimpleNamespace(per_class=None))
    SavePerClass().after_val_epoch(runner_with(tmp_path, *metrics), {})
    assert list(tmp_path.iterdir()) == []
