"""The best model of a training, by its metric, in one light file."""

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch import nn

from iclip.checkpoints import load_checkpoint
from iclip.engine.hooks import KeepBest
from iclip.engine.step_flags import NOT_FINITE_SINCE
from iclip.results import ClassScore, ClassScores, load_validation
from tests.support.fake_runner import BuiltLoop, fake_runner

CFG = Config(
    dict(
        model=dict(type="EncoderDecoder", decode_head=dict(num_classes=2)),
        default_scope="mmseg",
        val_dataloader=dict(dataset=dict(type="ADE20KDataset", data_root="data")),
    )
)


class Run:
    """A segmentation of one weight, whose value is the iteration."""

    def __init__(self, folder: Path, **hook: Any) -> None:
        self.model = nn.Linear(1, 1, bias=False)
        self.metric = SimpleNamespace(prefix=None, per_class=None)
        dataset = SimpleNamespace(metainfo=dict(classes=("grass", "grüner Baum"), palette=None))
        loader = SimpleNamespace(dataset=[0, 1, 2])
        loader.dataset = _Data(dataset.metainfo)
        loop = SimpleNamespace(dataloader=loader, evaluator=SimpleNamespace(metrics=[self.metric]))
        self.runner = fake_runner(
            work_dir=str(folder),
            model=self.model,
            cfg=CFG,
            epoch=0,
            experiment_name="run",
            optim_wrapper=OptimWrapper(torch.optim.SGD(self.model.parameters(), lr=0.1)),
            param_schedulers=None,
            train_dataloader=loader,
            val_loop=loop,
            call_hook=lambda *_, **__: None,
            _train_loop=BuiltLoop(),
        )
        self.hook = KeepBest(**(dict(metric="mIoU") | hook))

    def validate(self, iteration: int, score: float, **metrics: float) -> None:
        self.runner.iter = iteration
        with torch.no_grad():
            self.model.weight.fill_(iteration)
        self.metric.per_class = ClassScores("IoU", "pixels", (ClassScore("grass", score, 3),))
        self.hook.after_val_epoch(self.runner, {"mIoU": score, **metrics})


class _Data(list):
    def __init__(self, metainfo: dict[str, Any]) -> None:
        super().__init__([0, 1, 2])
        self.metainfo = metainfo


def kept(folder: Path) -> float | None:
    """The iteration of the kept weights; all three files have to be of the same one."""
    if not (folder / "best.pth").exists():
        assert not list(folder.iterdir())
        return None
    content = load_checkpoint(folder / "best.pth")
    iteration = content["state_dict"]["weight"].item()
    assert content["meta"]["trained"]["iteration"] == iteration
    result = load_validation(folder / "best_metrics.json")
    assert result.settings.iteration == iteration
    scores = json.loads((folder / "best_per_class.json").read_text())
    classes, loader = scores["classes"], scores["loader"]
    assert loader == result.settings.loader == "val_dataloader"
    assert classes[0]["value"] == result.metrics["mIoU"] == content["meta"]["figures"]["mIoU"]
    return iteration


@pytest.mark.parametrize(
    ("rule", "scores", "expected"),
    [
        pytest.param("greater", [10, 30, 20], 2, id="greatest"),
        pytest.param("less", [10, 5, 20], 2, id="least"),
        pytest.param("greater", [10, 30, 30], 2, id="of equals the earlier"),
        pytest.param("greater", [0, 0], 1, id="of zeros the earlier"),
        pytest.param("greater", [math.nan, 10, math.nan], 2, id="not a number is never best"),
        pytest.param("greater", [math.inf, 10], 2, id="infinite is never best"),
        pytest.param("less", [-math.inf, 10], 2, id="minus infinite is never best"),
        pytest.param("greater", [-3, -5], 1, id="negative"),
        pytest.param("greater", [math.nan], None, id="nothing was measured"),
    ],
)
def test_best_is_kept(rule: str, scores: list[float], expected: int | None, tmp_path: Path) -> None:
    run = Run(tmp_path, rule=rule)
    for iteration, score in enumerate(scores, 1):
        run.validate(iteration, score)
    assert kept(tmp_path) == expected


def test_file_has_what_prediction_needs_and_no_optimizer(tmp_path: Path):
    Run(tmp_path).validate(1, 10.0, aAcc=math.nan)
    content = load_checkpoint(tmp_path / "best.pth")
    assert content.keys() == {"state_dict", "meta"}
    meta = content["meta"]
    assert meta["task"] == "segmentation"
    assert meta["dataset_meta"]["classes"] == ["grass", "grüner Baum"]
    assert meta["config"]["val_dataloader"]["dataset"]["data_root"] == "data"
    assert meta["figures"] == {"mIoU": 10.0}  # what could not be measured is left out


def test_classes_come_from_the_scores_where_the_data_set_does_not_name_them(tmp_path: Path):
    run = Run(tmp_path)
    run.runner.val_loop.dataloader.dataset.metainfo = {}
    run.validate(1, 10.0)
    classes = load_checkpoint(tmp_path / "best.pth")["meta"]["dataset_meta"]["classes"]
    assert classes == ["grass"]


def test_resumed_run_goes_on_with_the_best_of_its_checkpoint(tmp_path: Path):
    run = Run(tmp_path)
    run.validate(1, 30.0)
    again = Run(tmp_path)
    again.runner.message_hub.load_state_dict(run.runner.message_hub.state_dict())
    again.validate(2, 20.0)
    assert kept(tmp_path) == 1
    again.validate(3, 31.0)
    assert kept(tmp_path) == 3


def test_best_that_was_taken_away_is_not_compared_with(tmp_path: Path):
    run = Run(tmp_path)
    run.validate(1, 30.0)
    (tmp_path / "best.pth").unlink()
    run.validate(2, 20.0)
    assert kept(tmp_path) == 2


@pytest.mark.parametrize("fault", ["weight", "step"])
def test_weights_that_are_not_finite_are_never_the_best(
    fault: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    run = Run(tmp_path)
    if fault == "step":
        run.runner.message_hub.update_info(NOT_FINITE_SINCE, 1)
        run.validate(1, 30.0)
        run.runner.message_hub.pop_info(NOT_FINITE_SINCE)
    else:
        run.validate(math.nan, 30.0)  # type: ignore[arg-type]
    assert kept(tmp_path) is None
    assert "The weights are not finite: not kept as the best model" in caplog.text
    run.validate(2, 20.0)
    assert kept(tmp_path) == 2


def test_evaluation_without_training_keeps_nothing(tmp_path: Path):
    run = Run(tmp_path)
    run.runner._train_loop = {"type": "EpochBasedTrainLoop"}
    run.validate(1, 10.0)
    assert kept(tmp_path) is None


def test_metric_that_is_not_measured_is_an_error_with_those_that_are(tmp_path: Path):
    run = Run(tmp_path, metric="coco/bbox_mAP")
    message = r"metric='coco/bbox_mAP', which the validation does not measure; it gives aAcc, mIoU$"
    with pytest.raises(ValueError, match=message):
        run.validate(1, 10.0, aAcc=1.0)


def test_first_of_several_metrics_that_is_measured_decides(tmp_path: Path):
    run = Run(tmp_path, metric=["lvis/AP", "mIoU", "aAcc"])
    run.validate(1, 10.0, aAcc=50.0)
    run.validate(2, 20.0, aAcc=40.0)
    assert kept(tmp_path) == 2
    run.hook = KeepBest(["lvis/AP", "coco/bbox_mAP"])
    with pytest.raises(ValueError, match="metric='lvis/AP' or 'coco/bbox_mAP', which the valid"):
        run.validate(3, 30.0)


def test_unknown_rule_is_refused():
    with pytest.raises(ValueError, match=r"rule='more' of KeepBest is unknown; take 'greater'"):
        KeepBest("mIoU", rule="more")


def test_failed_write_leaves_the_former_best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = Run(tmp_path)
    run.validate(1, 10.0)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        run.validate(2, 20.0)
    assert kept(tmp_path) == 1
    assert not list(tmp_path.glob("*.tmp"))
