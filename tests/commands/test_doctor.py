"""tools/doctor.py says what works and how to mend the rest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from iclip import doctor
from iclip.commands import command_line
from iclip.commands import doctor as command

TASKS = ("pretraining", "zeroshot", "detection", "segmentation", "video")


@pytest.fixture(scope="module")
def found(repo_root: Path) -> dict:
    """What the doctor finds in the tested environment."""
    command = [sys.executable, "-W", "ignore", "tools/doctor.py", "--json", "--need", *TASKS]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("task", "model"),
    [
        ("pretraining", "iCLIP"),
        ("detection", "Faster R-CNN"),
        ("segmentation", "MaskFormer"),
        ("video", "Video Swin"),
    ],
)
def test_each_task_trains_for_a_step(found: dict, task: str, model: str):
    (detail,) = (c["detail"] for c in found["capabilities"] if c["name"] == task)
    assert detail.startswith(f"a training step of a small {model} on ")


def test_the_tested_environment_is_healthy(found: dict):
    assert found["operators"] == "iclip, in PyTorch and torchvision"
    versions = found["versions"]
    official = versions.get("mmdet") == "3.3.0"
    assert official or versions["onedl-mmdetection"]
    fixes = {"supply_operators", "supply_drn", "stub_multimodal", "keep_mmengine_safe"}
    if not official:
        fixes |= {"leave_out_lanes", "register_fork_configs"}
    assert {fix["name"] for fix in found["fixes"] if fix["active"]} == fixes


def test_no_operator_that_a_shipped_config_reaches_is_lacking(found: dict):
    assert {models["framework"] for models in found["models"]} == {"mmdet", "mmseg", "mmaction"}
    lacking = [what for models in found["models"] for what in models["lacking"]]
    assert not [what for what in lacking if "operator" in what]


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process, without the frameworks' models."""
    monkeypatch.setattr(doctor, "framework_models", list)
    return command_line.main(command, arguments)


def test_what_is_needed_and_broken_fails_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setenv("ICLIP_WORDNET", str(tmp_path))
    for name in set(doctor.CAPABILITIES) - {"wordnet"}:
        monkeypatch.delitem(doctor.CAPABILITIES, name)
    assert main(monkeypatch, "--need", "wordnet") == 1
    out, err = capsys.readouterr()
    assert "to mend it: python tools/fetch_wordnet.py" in out
    assert err.endswith("doctor: needed and not working: wordnet\n")


def test_models_are_reported_with_what_they_lack_and_reach():
    models = dict(
        framework="mmdet",
        configs=3,
        complete=1,
        operators={"nms": 3, "roi_align_forward": 2, "roi_align_backward": 2},
        lacking={"mmcv's operator knn_forward": (".mim/configs/a/b.py", ".mim/configs/c.py")},
    )
    assert [line.strip() for line in command.report_models(models)] == [
        "mmdet                   1 of 3 lack no operator and no class",
        "2 need mmcv's operator knn_forward, such as a/b.py",
        "mmcv's operators that they reach: nms 3, roi_align 2",
    ]


def test_needs_of_a_data_loader_are_shown(repo_root: Path):
    loader = command.check_loader(str(repo_root / "configs/iclip_swinb.py"), 8)
    lines = command.report_loader(loader | {"shortages": ["too little"]})
    assert lines[1].endswith("configs/iclip_swinb.py")
    assert lines[2].startswith(
        "  shared memory         5.5 GB: 8 ranks x 12 workers x 2 batches x "
    )
    assert lines[-1] == "  NO: too little"


def test_nothing_is_shown_of_a_loader_that_nobody_asked_about():
    assert command.report_loader(None) == []
    without = command.report_loader({"config": "c.py", "needs": None, "shortages": []})
    assert without[-1].startswith("  no data workers, or images whose size is not known")


def test_number_of_ranks_is_checked(capsys: pytest.CaptureFixture):
    assert command_line.main(command, ["--config", "c.py", "--gpus", "0"]) == 2
    assert "--gpus is 0; it takes a number from 1 up" in capsys.readouterr().err
