"""The workflow and the issue form, as GitHub reads them."""

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[1] / ".github"
WORKFLOW = FOLDER / "workflows/ci.yml"
FORM = FOLDER / "ISSUE_TEMPLATE/problem.yml"
# YAML 1.1 reads the key `on` as true.
ON = True


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs() -> list[dict[str, Any]]:
    return [*read(WORKFLOW)["jobs"].values()]


def steps() -> list[dict[str, Any]]:
    return [step for job in jobs() for step in job["steps"]]


def test_workflow_runs_for_changes() -> None:
    assert {"push", "pull_request"} <= read(WORKFLOW)[ON].keys()


def test_workflow_calls_the_script_that_a_person_calls(repo_root: Path) -> None:
    (command,) = [step["run"] for step in steps() if "run" in step]
    shell, script = shlex.split(command)
    assert (shell, script) == ("bash", ".ci/run") and os.access(repo_root / script, os.X_OK)


def test_every_step_does_one_thing_by_a_pinned_action() -> None:
    for step in steps():
        assert ("run" in step) != ("uses" in step)
        assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def test_jobs_end_and_may_only_read() -> None:
    assert read(WORKFLOW)["permissions"] == {"contents": "read"}
    assert all(0 < job["timeout-minutes"] <= 180 for job in jobs())
    assert "secrets" not in WORKFLOW.read_text(encoding="utf-8")


def test_pythons_are_those_that_the_package_allows(repo_root: Path) -> None:
    (job,) = jobs()
    pythons = job["strategy"]["matrix"]["python"]
    assert all(isinstance(python, str) for python in pythons), "3.10 as a number is 3.1"
    oldest = re.search(r'python_requires=">=([\d.]+)"', (repo_root / "setup.py").read_text())
    assert oldest is not None and pythons[0] == oldest[1]
    newest = re.search(r"Python [\d.]+ to ([\d.]+)", (repo_root / "README.md").read_text())
    assert newest is not None and pythons[-1] == newest[1]


def test_cache_follows_what_is_installed(repo_root: Path) -> None:
    (cached,) = [step["with"] for step in steps() if "cache" in step.get("with", {})]
    files = cached["cache-dependency-path"].split()
    assert files and all((repo_root / file).is_file() for file in files)


def test_names_in_expressions_exist() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    (job,) = jobs()
    for name in re.findall(r"matrix\.(\w+)", text):
        assert name in job["strategy"]["matrix"]
    assert {*re.findall(r"\$\{\{ (\w+)", text)} <= {"github", "matrix"}


@pytest.mark.parametrize("asked", ["doctor", "command", "log"])
def test_form_asks_for_what_helps(asked: str) -> None:
    (field,) = [field for field in read(FORM)["body"] if field.get("id") == asked]
    assert field["validations"]["required"]


def test_form_is_as_github_wants_it() -> None:
    form = read(FORM)
    assert {"name", "description", "body"} <= form.keys()
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids))
    for field in form["body"]:
        assert field["type"] in {"markdown", "textarea", "input", "dropdown", "checkboxes"}
        assert field["attributes"]["label" if field["type"] != "markdown" else "value"]
