"""Validation runs each evaluator on its own data set."""

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.evaluator import Evaluator
from torch.utils.data import DataLoader, Dataset

from iclip.engine import MultiValLoop
from tests.support.fake_runner import fake_runner
from tests.support.tiny_run.config import tiny_config, with_hooks, with_validation
from tests.support.tiny_run.model import MeanScore, TinyModel
from tests.support.train_process import finish, output, records


class Numbers(Dataset):
    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> int:
        return index


class Doubler(TinyModel):
    """Predicts twice its input, and notes whether it is asked for gradients."""

    def val_step(self, batch: Any) -> list[dict[str, float]]:
        assert not torch.is_grad_enabled() and not self.training
        return [{"score": 2.0 * value.item()} for value in batch]


def loop(sizes: list[int], prefixes: list[str], calls: list[str] | None = None) -> MultiValLoop:
    runner = fake_runner(model=Doubler())
    runner.call_hook = lambda name, **_: (calls if calls is not None else []).append(name)
    loaders = [DataLoader(Numbers(size), batch_size=4) for size in sizes]
    return MultiValLoop(runner, loaders, [Evaluator(MeanScore(prefix=p)) for p in prefixes])


def test_each_evaluator_sees_its_own_dataset():
    metrics = loop([6, 11], ["a", "b"]).run()
    assert (metrics["a/count"], metrics["b/count"]) == (6, 11)
    assert metrics["a/mean_score"] == pytest.approx(sum(2 * i for i in range(6)) / 6)
    assert metrics["b/mean_score"] == pytest.approx(sum(2 * i for i in range(11)) / 11)


def test_hooks_run_once_for_all_datasets():
    calls: list[str] = []
    loop([6, 11], ["a", "b"], calls).run()
    around = [name for name in calls if not name.endswith("_iter")]
    assert around == ["before_val", "before_val_epoch", "after_val_epoch", "after_val"]
    assert calls.count("after_val_iter") == 2 + 3


def test_dataloaders_and_evaluators_must_pair_up():
    with pytest.raises(ValueError, match="val_dataloader lists 2 and val_evaluator 1; each"):
        loop([6, 11], ["a"])


def test_no_dataloader_is_no_validation():
    with pytest.raises(ValueError, match="val_dataloader is an empty list; set it to None"):
        loop([], [])


def test_one_metric_name_twice_is_refused():
    with pytest.raises(ValueError, match=r"val_evaluator\[1\] gives .*same/count, .* set 'prefix'"):
        loop([6, 11], ["same", "same"]).run()


def test_averaged_weights_are_what_is_validated(tmp_path: Path):
    """EMA by its formula, from the weights that each iteration left behind."""
    cfg = with_validation(tiny_config(tmp_path), 12)
    with_hooks(cfg, dict(type="EMAHook", momentum=0.25), dict(type="RecordWeight"))
    cfg.custom_hooks[-1].path = str(tmp_path / "weights.txt")
    assert finish(cfg, tmp_path) == 0, output(tmp_path)
    weights = [float(line) for line in (tmp_path / "weights.txt").read_text().split()]
    average = weights[0]
    for weight in weights[1:]:
        average += 0.25 * (weight - average)
    (validated,) = [record for record in records(tmp_path) if "validated" in record]
    assert validated["large/weight"] == validated["small/weight"]
    assert validated["small/weight"] == pytest.approx(average, abs=1e-5)
    assert abs(weights[-1] - average) > 1e-3


def test_single_dataloader_takes_mmengine_s_notation():
    runner = fake_runner(model=Doubler())
    runner.call_hook = lambda name, **_: None
    runner.build_evaluator = lambda metrics: Evaluator([MeanScore(**dict(m)) for m in metrics])
    metrics = [dict(prefix="a"), dict(prefix="b")]
    results = MultiValLoop(runner, DataLoader(Numbers(3)), metrics).run()
    assert results["a/count"] == results["b/count"] == 3
