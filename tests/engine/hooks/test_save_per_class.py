import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from iclip.engine.hooks import SavePerClass
from iclip.results import ClassScore, ClassScores
from tests.support.fake_runner import BuiltLoop, fake_runner

RECORD = {
    "metric": "IoU",
    "counted": "pixels",
    "classes": [
        {"name": "grüner Baum", "value": 12.5, "count": 40},
        {"name": "sky", "value": None, "count": 0},
    ],
}
SCORES = ClassScores(
    "IoU", "pixels", (ClassScore("grüner Baum", 12.5, 40), ClassScore("sky", None, 0))
)


def runner_with(folder: Path, *metrics: SimpleNamespace, trains: bool = True):
    loop = SimpleNamespace(evaluator=SimpleNamespace(metrics=metrics))
    train_loop = BuiltLoop() if trains else {"type": "EpochBasedTrainLoop"}
    return fake_runner(work_dir=str(folder), val_loop=loop, test_loop=loop, _train_loop=train_loop)


@pytest.mark.parametrize(
    ("event", "trains", "file", "loader"),
    [
        ("after_val_epoch", True, "per_class.json", "val_dataloader"),
        ("after_val_epoch", False, "test_per_class.json", "val_dataloader"),
        ("after_test_epoch", False, "test_per_class.json", "test_dataloader"),
    ],
)
def test_scores_of_the_classes_reach_the_disk(
    event: str, trains: bool, file: str, loader: str, tmp_path: Path
):
    logged = {"mIoU": 12.5}
    metrics = (SimpleNamespace(), SimpleNamespace(per_class=SCORES))
    getattr(SavePerClass(), event)(runner_with(tmp_path, *metrics, trains=trains), logged)
    assert json.loads((tmp_path / file).read_text()) == RECORD | {"loader": loader}
    assert [path.name for path in tmp_path.iterdir()] == [file]
    assert logged == {"mIoU": 12.5}


def test_a_test_leaves_the_scores_in_the_run_of_its_checkpoint(tmp_path: Path):
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "latest.pth").write_bytes(b"weights")
    runner = runner_with(tmp_path / "test", SimpleNamespace(per_class=SCORES), trains=False)
    runner._load_from = str(tmp_path / "latest.pth")
    SavePerClass().after_test_epoch(runner, {})
    assert json.loads((tmp_path / "test_per_class.json").read_text()) == RECORD | {
        "loader": "test_dataloader"
    }


def test_no_file_where_nothing_was_kept(tmp_path: Path):
    metrics = (SimpleNamespace(), SimpleNamespace(per_class=None))
    SavePerClass().after_val_epoch(runner_with(tmp_path, *metrics), {})
    assert list(tmp_path.iterdir()) == []
