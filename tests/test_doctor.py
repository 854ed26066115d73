"""tools/doctor.py finds what works by doing it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from iclip import doctor
from iclip.commands import command_line
from iclip.commands import doctor as command
from iclip.cuda_driver import check_driver

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
    fixes = {"supply_operators", "supply_drn", "stub_multimodal"}
    if not official:
        fixes |= {"leave_out_lanes", "register_fork_configs", "keep_mmengine_safe"}
    assert {fix["name"] for fix in found["fixes"] if fix["active"]} == fixes


def test_no_operator_that_a_shipped_config_reaches_is_lacking(found: dict):
    assert {models["framework"] for models in found["models"]} == {"mmdet", "mmseg", "mmaction"}
    lacking = [what for models in found["models"] for what in models["lacking"]]
    assert not [what for what in lacking if "operator" in what]


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The command line in this process, without the models and with the first capability alone."""
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


def test_a_broken_import_of_mmcv_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mmcv.ops", None)
    assert doctor.operators().startswith("nobody: mmcv cannot be imported (ModuleNotFoundError: ")
    assert "\n" not in doctor.operators()
    assert doctor.framework_models() == []


def test_an_absent_mmcv_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert doctor.operators() == "nobody: mmcv is not installed"


def test_the_trial_runs_on_the_gpu_if_there_is_one(monkeypatch: pytest.MonkeyPatch):
    import torch

    places = []
    for available in (True, False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=available: found)
        places.append(doctor.device())
    assert places == ["cuda", "cpu"]


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


def test_an_error_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    def broken() -> str:
        raise ImportError("no module\nnamed so")

    monkeypatch.setitem(doctor.CAPABILITIES, "video", (broken, "tools/setup.sh"))
    finding = doctor.try_capability("video")
    assert (finding.works, finding.detail) == (False, "ImportError: no module")
    assert finding.remedy == "tools/setup.sh"


def test_without_mmengine_it_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "iclip.openmmlab", None)  # which imports mmengine
    monkeypatch.setattr(doctor, "CAPABILITIES", {"detection": (doctor.detection, doctor.SETUP)})
    monkeypatch.setattr(doctor, "framework_models", list)
    found = doctor.examine()
    assert found["fixes"] == []
    (finding,) = found["capabilities"]
    assert finding["remedy"] == "tools/setup.sh --force" and not finding["works"]
    assert finding["detail"].startswith("ModuleNotFoundError")


def test_a_fork_stands_in_the_place_of_the_official_package(monkeypatch: pytest.MonkeyPatch):
    installed = {"mmengine": "0.10.7", "onedl-mmdetection": "3.5.1"}
    monkeypatch.setattr(doctor, "PACKAGES", ("mmengine", "mmdet", "mmsegmentation"))
    monkeypatch.setattr(doctor, "_version", installed.get)
    assert doctor.installed_versions() == {**installed, "mmsegmentation": None}


def test_a_framework_installed_twice_is_named(monkeypatch: pytest.MonkeyPatch):
    owners = {"mmengine": ["onedl-mmengine", "mmengine"], "mmcv": ["mmcv-lite"]}
    monkeypatch.setattr(doctor, "packages_distributions", lambda: owners)
    finding = doctor.try_capability("frameworks")
    assert not finding.works
    assert "mmengine is of mmengine and of onedl-mmengine: their files are mixed" in finding.detail
    assert finding.remedy == "pip uninstall both of them, then pip install the one you want"


def test_a_package_that_is_absent_has_no_version(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
    assert doctor.installed_versions()["no-such-package"] is None


def test_a_driver_that_is_too_old_is_said_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch,
):
    def too_old(built_for: str | None) -> str:
        return check_driver(built_for, lambda: "570.86.15")

    monkeypatch.setattr(doctor, "check_driver", too_old)
    monkeypatch.setattr("torch.version.cuda", "13.0")
    finding = doctor.try_capability("gpu")
    assert finding.detail == (
        "DriverError: driver 570.86.15 is too old for PyTorch's CUDA 13.0: it needs 580 or up"
    )
    assert finding.remedy == "tools/setup.sh --cuda 12"
