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
    assert {fix["name"] for fix in found["fixes"] if fix["active"]} == {
        "supply_operators",
        "supply_drn",
        "leave_out_vindlu",
    }
    assert found["versions"]["mmdet"] == "3.3.0"
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


def test_a_package_that_is_absent_has_no_version(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
    assert doctor.installed_versions()["no-such-package"] is None
