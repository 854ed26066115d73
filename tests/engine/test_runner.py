"""Metrics are collected over the process group, and ``compile`` compiles the towers."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mmengine.runner
import pytest
from mmengine.config import Config
from torch import nn

from iclip.engine import runner as runner_module
from iclip.engine.runner import HubRunner
from tests.support.tiny_run.model import MeanScore


@pytest.fixture
def runner() -> HubRunner:
    """A runner without its constructor, which opens log files."""
    runner = HubRunner.__new__(HubRunner)
    runner.cfg = Config(dict(compile=True))
    return runner


@pytest.mark.parametrize("content", [{"meta": {"config": "raise SystemExit"}}, {}])
def test_config_text_that_mmengine_would_run_is_dropped(
    content: dict[str, Any], runner: HubRunner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mmengine.runner.Runner, "load_checkpoint", lambda *_, **__: content)
    assert "config" not in runner.load_checkpoint("latest.pth").get("meta", {})


@pytest.mark.parametrize(
    ("config", "written"), [("run/config.py", False), ("config.py", True), (None, True)]
)
def test_config_in_the_runs_folder_is_not_replaced_by_its_dump(
    config: str | None, written: bool, runner: HubRunner, tmp_path: Path
):
    (tmp_path / "run").mkdir()
    runner._work_dir, runner._timestamp = str(tmp_path / "run"), "now"
    runner.cfg = Config(dict(a=1))
    if config is not None:
        (tmp_path / config).write_text("# by hand\na = 1\n")
        runner.cfg = Config.fromfile(tmp_path / config)
    runner.dump_config()
    dumps = [file.read_text() for file in (tmp_path / "run").iterdir()]
    assert dumps == (["a = 1\n"] if written else ["# by hand\na = 1\n"])


def test_metrics_need_no_common_folder(runner: HubRunner):
    evaluator = runner.build_evaluator([dict(type="iclip.MeanScore"), dict(type="iclip.MeanScore")])
    assert [metric.collect_device for metric in evaluator.metrics] == ["gpu", "gpu"]


def test_folder_that_a_metric_names_is_used(runner: HubRunner):
    named = dict(type="iclip.MeanScore", collect_dir="/shared")
    (metric,) = runner.build_evaluator(named).metrics
    assert (metric.collect_device, metric.collect_dir) == ("cpu", "/shared")


def test_built_evaluator_is_taken_as_it_is(runner: HubRunner):
    evaluator = mmengine.evaluator.Evaluator([MeanScore(collect_device="gpu")])
    assert runner.build_evaluator(evaluator) is evaluator


@pytest.mark.parametrize(
    ("backbone", "expected"),
    [
        (SimpleNamespace(forward_pooled=None), ["the towers, True"]),
        (SimpleNamespace(), ["mmengine's train_step"]),
    ],
    ids=["method", "other model"],
)
def test_towers_of_a_method_are_compiled_and_not_its_step(
    runner: HubRunner, backbone: Any, expected: list[str], monkeypatch: pytest.MonkeyPatch
):
    compiled = []
    runner.model = nn.Module()
    runner.model.backbone = backbone
    monkeypatch.setattr(
        runner_module,
        "compile_towers",
        lambda _, setting: compiled.append(f"the towers, {setting}"),
    )
    monkeypatch.setattr(
        mmengine.runner.Runner,
        "_maybe_compile",
        lambda _, target: compiled.append(f"mmengine's {target}"),
    )
    runner._maybe_compile("train_step")
    assert compiled == expected
