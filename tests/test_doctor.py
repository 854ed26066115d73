"""tools/doctor.py finds what works by doing it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iclip import doctor


def run(repo_root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "tools/doctor.py", *arguments]
    return subprocess.run(
        command, cwd=repo_root, env=os.environ | environment, capture_output=True, text=True
    )


def test_the_tested_environment_is_healthy(repo_root: Path):
    tasks = ["pretraining", "zeroshot", "detection", "segmentation", "video"]
    done = run(repo_root, "--json", "--need", *tasks)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["operators"] == "iclip, from torchvision"
    versions = found["versions"]
    official = versions.get("mmdet") == "3.3.0"
    assert official or versions["onedl-mmdetection"]
    fixes = {"supply_operators", "supply_drn", "leave_out_vindlu"}
    if not official:
        fixes |= {"leave_out_lanes", "find_configs", "keep_mmengine_safe"}
    assert {fix["name"] for fix in found["fixes"] if fix["active"]} == fixes
    assert {c["name"]: c["works"] for c in found["capabilities"]}.items() >= dict.fromkeys(
        tasks, True
    ).items()


def test_what_is_needed_and_broken_fails_with_its_remedy(repo_root: Path, tmp_path: Path):
    done = run(repo_root, "--need", "wordnet", ICLIP_WORDNET=str(tmp_path))
    assert done.returncode == 1
    assert "to mend it: python tools/fetch_wordnet.py" in done.stdout
    assert done.stderr.endswith("doctor: needed and not working: wordnet\n")


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
