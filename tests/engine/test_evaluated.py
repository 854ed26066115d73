"""What is recorded of an evaluation, and in which folders."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config

from iclip.engine.evaluated import is_training, plain_numbers, result_folders, run_result
from tests.support.fake_runner import BuiltLoop, fake_runner

LOOP = SimpleNamespace(
    dataloader=SimpleNamespace(dataset=range(5)),
    evaluator=SimpleNamespace(metrics=[SimpleNamespace(prefix="a")]),
)


def measured(**cfg: Any) -> Any:
    runner = fake_runner(cfg=Config(cfg))
    return run_result(runner, LOOP, "test_dataloader", {"a/top1": 1.5}, 7, 896)


@pytest.mark.parametrize(
    ("train_loop", "trains"),
    [(BuiltLoop(), True), ({"type": "EpochBasedTrainLoop"}, False), (None, False)],
)
def test_runner_trains_if_its_loop_is_built(train_loop: Any, trains: bool):
    assert is_training(fake_runner(_train_loop=train_loop)) == trains


@pytest.mark.parametrize(
    ("dataset", "place"),
    [
        ({"root": "in1k"}, "in1k"),
        ({"ann_file": "val.json", "data_root": "data/lvis"}, "data/lvis/val.json"),
        ({"ann_file": "/other/val.json", "data_root": "data/lvis"}, "/other/val.json"),
        ({"data_root": "ade", "data_prefix": {"img_path": "val"}}, "ade/val"),
        ({"data_root": "ade"}, "ade"),
        ({}, None),
    ],
)
def test_place_is_where_the_config_says(dataset: dict[str, Any], place: str | None):
    (part,) = measured(test_dataloader={"dataset": dataset}).sets
    assert (part.place, part.images) == (place, 5)


@pytest.mark.parametrize(
    ("loop", "precision"),
    [
        ({}, "fp32"),
        ({"fp16": True}, "fp16"),
        ({"precision": "fp32", "fp16": True}, "fp32"),
        ({"precision": "bf16"}, "bf16"),
    ],
)
def test_precision_is_that_of_the_loop(loop: dict[str, Any], precision: str):
    result = measured(test_cfg=loop, test_dataloader={"dataset": {}})
    assert result.settings.precision == precision


def test_training_so_far_is_recorded():
    settings = measured(test_dataloader={"dataset": {}}).settings
    assert (settings.iteration, settings.samples_seen) == (7, 896)


@pytest.mark.parametrize("beside", ["provenance.json", "metrics.json", "last_checkpoint"])
def test_result_belongs_to_the_run_of_its_checkpoint(beside: str, tmp_path: Path):
    (tmp_path / "latest.pth").touch()
    (tmp_path / beside).touch()
    folders = result_folders(str(tmp_path / "test"), str(tmp_path / "latest.pth"))
    assert folders == [tmp_path / "test", tmp_path]


def test_result_is_not_kept_twice_in_one_folder(tmp_path: Path):
    for name in ("latest.pth", "metrics.json"):
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path)
    assert len(result_folders(str(tmp_path / "link"), str(tmp_path / "latest.pth"))) == 1


def test_run_that_cannot_be_written_to_gets_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("latest.pth", "metrics.json"):
        (tmp_path / name).touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    folders = result_folders(str(tmp_path / "test"), str(tmp_path / "latest.pth"))
    assert folders == [tmp_path / "test"]


@pytest.mark.parametrize("checkpoint", [None, "absent.pth"])
def test_result_without_a_checkpoint_stays_in_the_work_dir(checkpoint: str | None, tmp_path: Path):
    (tmp_path / "metrics.json").touch()
    name = checkpoint and str(tmp_path / checkpoint)
    assert result_folders(str(tmp_path / "test"), name) == [tmp_path / "test"]


def test_numbers_of_numpy_become_pythons():
    plain = plain_numbers({"a": np.float32(0.5), "b": 2, "c": "a text"})
    assert plain == {"a": 0.5, "b": 2.0, "c": "a text"}
    assert [type(value) for value in plain.values()] == [float, float, str]
