"""From tools/test.py on a checkpoint of a run to the report's page."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.report.run_folders import find_runs
from tests.support.forkserver import run_command
from tests.support.run_folder import sections, write_run

CONFIG = "downstream/toy/ade20k_maskformer_scratch.py"


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a run that was validated, and the work dir of a test of its checkpoint."""
    folder = tmp_path_factory.mktemp("tested")
    world = ["--root", str(folder / "data/toy"), "--only", "ade20k",
             "--ade20k-train-images", "2", "--ade20k-val-images", "2"]  # fmt: skip
    cfg = Config.fromfile(CONFIG)
    run = folder / "runs/segmentation"
    write_run(run, cfg.pretty_text, {"mIoU": 99.0}, iteration=400)
    (run / "provenance.json").write_text(json.dumps([{"started": "x", "processes": 1}]))
    with DefaultScope.overwrite_default_scope("mmseg"):
        weights = MODELS.build(cfg.model).state_dict()
    torch.save({"state_dict": weights, "meta": {"iter": 400}}, run / "latest.pth")
    test = [CONFIG, str(run / "latest.pth"), "--device", "cpu",
            "--work-dir", str(folder / "runs/segmentation_test"),
            "--json", str(run / "any.json")]  # fmt: skip
    environment = {"ICLIP_DATA": str(folder / "data")}
    for name, arguments in (("make_toy_data", world), ("test", test)):
        output = folder / f"{name}.txt"
        assert run_command(name, arguments, output, environment) == 0, output.read_text()
    return folder


def test_the_tests_scores_come_before_the_validations(tested: Path):
    records = json.loads((tested / "runs/segmentation/test_results.json").read_text())
    miou = records[0]["metrics"]["mIoU"]
    tables = sections(tested / "runs")["section-c"]["tables"]
    first, second = tables[0]["rows"]
    assert first[:4] == ["segmentation", "segmentation", f"mIoU {miou:.1f}",
                         "test, fp32, 2 samples"]  # fmt: skip
    assert first[4] == "400"
    assert second[2:4] == ["mIoU 99.0", "validation"]


def test_json_of_the_command_is_the_same_test(tested: Path):
    content = json.loads((tested / "runs/segmentation/any.json").read_text())
    (record,) = json.loads((tested / "runs/segmentation/test_results.json").read_text())
    assert content == {**record["metrics"], **record}
    (run,) = find_runs([tested / "runs"])
    (test,) = run.tests
    assert test.metrics["mIoU"] == content["mIoU"]
    assert test.kind == "segmentation"


def test_the_work_dir_of_the_test_is_not_another_run(tested: Path):
    rows = sections(tested / "runs")["overview"]["tables"][0]["rows"]
    assert [cells[0] for cells in rows] == ["segmentation"]


def test_the_tests_classes_are_shown(tested: Path):
    (plot,) = sections(tested / "runs")["classes"]["figures"]
    assert plot["caption"] == "segmentation on the toy world (test): IoU of each class"
