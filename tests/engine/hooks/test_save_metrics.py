import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config

from iclip.engine.hooks import SaveMetrics
from tests.support.fake_runner import BuiltLoop, fake_runner

CLIPS = [{"type": "SampleFrames", "num_clips": 4}, {"type": "ThreeCrop"}]
CONFIG = Config(
    {
        "val_dataloader": {"dataset": {"ann_file": "val.txt", "data_root": "data/k400"}},
        "test_dataloader": {"dataset": {"ann_file": "test.txt", "pipeline": CLIPS}},
        "test_cfg": {"fp16": True},
    }
)


def loop(samples: int = 5, prefix: str = "seen") -> Any:
    return SimpleNamespace(
        dataloader=SimpleNamespace(dataset=range(samples)),
        evaluator=SimpleNamespace(metrics=[SimpleNamespace(prefix=prefix)]),
    )


def runner_in(folder: Path, trains: bool = True, **parts: Any) -> Any:
    parts = {"cfg": CONFIG, "val_loop": loop(5), "test_loop": loop(9, "acc")} | parts
    train_loop = BuiltLoop() if trains else {"type": "EpochBasedTrainLoop"}
    return fake_runner(work_dir=str(folder), _train_loop=train_loop, **parts)


def validated(folder: Path, metrics: dict[str, Any], **parts: Any) -> dict[str, Any]:
    SaveMetrics().after_val_epoch(runner_in(folder, **parts), metrics)
    return json.loads((folder / "metrics.json").read_text())


def test_the_file_says_how_far_the_model_was_trained(tmp_path: Path):
    runner = runner_in(tmp_path, iter=7)
    runner.message_hub.update_info("samples_seen", 896)
    SaveMetrics().after_val_epoch(runner, {"seen/top1": np.float32(12.5)})
    record = json.loads((tmp_path / "metrics.json").read_text())
    assert (record["iteration"], record["samples_seen"]) == (7, 896)
    assert record["metrics"] == {"seen/top1": 12.5}


def test_a_score_that_is_not_finite_is_null(tmp_path: Path):
    record = validated(tmp_path, {"a": np.nan, "b": np.float32("inf"), "c": 1})
    assert record["metrics"] == {"a": None, "b": None, "c": 1.0}


def test_a_later_validation_replaces_an_earlier_one(tmp_path: Path):
    validated(tmp_path, {}, iter=7)
    assert validated(tmp_path, {}, iter=9)["iteration"] == 9
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_a_validation_says_how_it_was_measured(tmp_path: Path):
    assert validated(tmp_path, {})["measured"] == {
        "loader": "val_dataloader",
        "views": None,
        "precision": "fp32",
        "processes": 1,
        "data": [{"names": ["seen"], "samples": 5, "place": "data/k400/val.txt"}],
    }


def test_each_of_several_data_sets_is_described(tmp_path: Path):
    parts = [loop(3, "imagenet1k"), loop(4, "coco")]
    several = SimpleNamespace(
        **vars(parts[-1]),
        dataloaders=[part.dataloader for part in parts],
        evaluators=[part.evaluator for part in parts],
    )
    cfg = Config({"val_dataloader": [{"dataset": {"root": "in1k"}}, {"dataset": {"root": "coco"}}]})
    record = validated(tmp_path, {}, cfg=cfg, val_loop=several)
    described = [
        (part["names"], part["samples"], part["place"]) for part in record["measured"]["data"]
    ]
    assert described == [(["imagenet1k"], 3, "in1k"), (["coco"], 4, "coco")]


def keep_a_test(run: Path, test: Path, content: bytes = b"weights") -> SaveMetrics:
    """Test run/latest.pth, which is of iteration 30, in another work dir."""
    run.mkdir(exist_ok=True)
    (run / "latest.pth").write_bytes(content)
    hook = SaveMetrics()
    hook.after_load_checkpoint(None, {"meta": {"iter": 30, "samples_seen": 960}})
    runner = runner_in(test, trains=False, _load_from=str(run / "latest.pth"))
    hook.after_test_epoch(runner, {"acc/top1": 0.5})
    return hook


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"iter": 30, "samples_seen": 960}, (30, 960)),
        ({"trained": {"iteration": 7, "samples_seen": 56}}, (7, 56)),  # a light file
        ({"trained": {"iteration": 7}}, (7, 0)),
        ({}, (0, 0)),
    ],
)
def test_a_test_says_how_far_its_checkpoint_was_trained(meta: dict[str, Any], expected: Any):
    hook = SaveMetrics()
    hook.after_load_checkpoint(None, {"meta": meta})
    assert (hook._loaded["iteration"], hook._loaded["samples_seen"]) == expected


def test_a_test_is_kept_in_the_run_of_its_checkpoint(tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/metrics.json").write_text("{}")
    keep_a_test(tmp_path / "run", tmp_path / "test")
    here, there = (
        json.loads((tmp_path / name / "test_results.json").read_text()) for name in ("run", "test")
    )
    assert here == there
    (record,) = here
    assert (record["iteration"], record["samples_seen"]) == (30, 960)
    assert record["metrics"] == {"acc/top1": 0.5}
    assert record["measured"]["loader"] == "test_dataloader"
    assert record["measured"]["views"] == [4, 3]
    assert record["measured"]["precision"] == "fp16"
    assert record["checkpoint"] == {
        "file": str(tmp_path / "run/latest.pth"),
        "sha256": hashlib.sha256(b"weights").hexdigest(),
    }
    assert (tmp_path / "run/metrics.json").read_text() == "{}"


def test_a_checkpoint_outside_a_run_gets_no_files(tmp_path: Path):
    keep_a_test(tmp_path / "downloads", tmp_path / "test")
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["latest.pth"]
    assert (tmp_path / "test/test_results.json").is_file()


def test_every_test_is_kept(tmp_path: Path):
    for content in (b"a", b"b"):
        keep_a_test(tmp_path / "run", tmp_path / "test", content)
    records = json.loads((tmp_path / "test/test_results.json").read_text())
    assert len({record["checkpoint"]["sha256"] for record in records}) == 2


def test_a_validation_without_training_is_a_test(tmp_path: Path):
    runner = runner_in(tmp_path, trains=False)
    SaveMetrics().after_val_epoch(runner, {"seen/top1": 1.0})
    (record,) = json.loads((tmp_path / "test_results.json").read_text())
    assert record["measured"]["loader"] == "val_dataloader"
    assert not (tmp_path / "metrics.json").exists()


@pytest.mark.parametrize("content", ["[", '{"a": 1}'])
def test_an_unreadable_list_of_tests_is_put_aside(content: str, tmp_path: Path):
    (tmp_path / "test_results.json").write_text(content)
    SaveMetrics().after_test_epoch(runner_in(tmp_path, trains=False), {})
    assert (tmp_path / "test_results.unreadable.json").read_text() == content
    assert len(json.loads((tmp_path / "test_results.json").read_text())) == 1
