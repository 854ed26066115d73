"""tools/audit.sh tells what is known from what could not be asked."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

# Stands in for pip-audit: notes its arguments and writes the report that the test made.
PIP_AUDIT = """#!/bin/sh
printf '%s\\n' "$@" >"{folder}/arguments"
while [ "$1" != --output ]; do shift; done
cp "{folder}/report.json" "$2"
"""
FAULT = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
SAFE = {"name": "a", "version": "1", "vulns": []}
FAULTY = {"name": "b", "version": "1", "vulns": [FAULT]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.fixture
def checkout(tmp_path: Path, repo_root: Path) -> Path:
    root = tmp_path / "a checkout"
    shutil.copytree(repo_root / "tools", root / "tools", ignore=shutil.ignore_patterns("*.pyc"))
    (root / "constraints.txt").write_text('# pinned\na==1\nb==1 ; python_version >= "3.11"\n')
    programs = root / ".venv-audit/bin"
    programs.mkdir(parents=True)
    (programs / "pip-audit").write_text(PIP_AUDIT.format(folder=root))
    (programs / "pip-audit").chmod(0o755)
    (programs / "python").symlink_to(shutil.which("python3") or "python3")
    return root


def audit(checkout: Path, *packages: dict[str, Any]) -> subprocess.CompletedProcess:
    (checkout / "report.json").write_text(json.dumps({"dependencies": packages, "fixes": []}))
    return subprocess.run(
        [str(checkout / "tools/audit.sh")], capture_output=True, text=True, check=False,
        env=os.environ, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("packages", "code", "told"),
    [
        ([SAFE], 0, "0 known faults in 1 packages; the index has no data on 0"),
        ([SAFE, UNKNOWN], 0, "no data on 1\n  c"),
        ([SAFE, FAULTY], 1, "b 1: PYSEC-1, mended in 2.0"),
        ([UNKNOWN], 69, "0 known faults in 0 packages; the index has no data on 1"),
    ],
)
def test_exit_code_says_what_is_known(
    packages: list[dict[str, Any]], code: int, told: str, checkout: Path
):
    done = audit(checkout, *packages)
    assert (done.returncode, told in done.stdout) == (code, True), done.stdout + done.stderr


def test_faults_that_do_not_concern_the_hub_are_left_out(checkout: Path):
    (checkout / "tools/audit_ignore.txt").write_text("# why\nPYSEC-1 is in a part of b not used\n")
    audit(checkout, SAFE)
    arguments = (checkout / "arguments").read_text().splitlines()
    assert arguments[arguments.index("--ignore-vuln") + 1] == "PYSEC-1"


def test_every_fault_that_is_left_out_has_a_reason(repo_root: Path):
    lines = (repo_root / "tools/audit_ignore.txt").read_text().splitlines()
    faults = [line for line in lines if line and not line.startswith("#")]
    assert all(len(line.split()) > 3 for line in faults)
