"""The shell scripts hand on names as they are, from a folder whose name is a command, too."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.source_imports import REPO

# Stands in for Python: writes down its arguments, each on a line, and says what setup.sh asks for.
PYTHON = r"""#!/usr/bin/env bash
printf '%s\n' "$@" --- >>"$LOG"
case "$*" in
*platlib*) dirname "$0" ;;
*cuda_driver*) echo 13 ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
-V) echo "Python 3.11.0" ;;
esac
"""
SRUN = r"""#!/usr/bin/env bash
printf '%s\n' "$@" --- >>"$LOG"
"""
FOLDER = "a b; touch one $(touch two) `touch three` 'q' \"r\" & #%"
HOSTILE = [
    "$(touch four)",
    "; touch five",
    "`touch six`",
    "a b",
    "'q\" *",
    "-- -rf",
    "a[$(touch 7)]",
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the scripts, and an environment with stand-ins, in a folder of that name."""
    root = tmp_path / FOLDER
    shutil.copytree(REPO / "tools", root / "tools", ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("setup.py", "constraints.txt", "constraints-cuda12.txt", "pyproject.toml"):
        shutil.copy(REPO / name, root)
    for name, text in (("python", PYTHON), ("srun", SRUN)):
        program = root / ".venv/bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    return root


def run(checkout: Path, script: str, *arguments: str, **environment: str) -> list[list[str]]:
    """Run a script; returns the arguments of each call of a stand-in."""
    log = checkout.parent / "log"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ICLIP", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(checkout / "tools" / script), *arguments],
        cwd=checkout, env=kept | {"LOG": str(log)} | environment,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls, left = [], log.read_text().split("\n")
    while "---" in left:
        end = left.index("---")
        calls.append(left[:end])
        left = left[end + 1 :]
    return calls


def assert_nothing_ran(checkout: Path) -> None:
    made = {path.name for path in checkout.parent.rglob("*")}
    assert not made & {"one", "two", "three", "four", "five", "six", "7"}


@pytest.mark.parametrize(
    ("script", "given", "handed_on"),
    [
        ("pretrain.sh", ["$(touch four)", "2"], ["$(touch four)", "--gpus", "2"]),
        ("dist_train.sh", ["; touch five", "a b"], ["; touch five", "--gpus", "a b"]),
        ("dist_test.sh", ["`touch six`", "a b"], ["`touch six`", "a b", "--gpus", "all"]),
        ("compare_methods.sh", [], []),
    ],
)
def test_arguments_arrive_as_they_were_given(
    script: str, given: list[str], handed_on: list[str], checkout: Path
):
    # Words that begin with a dash or not, in the places of options.
    rest = ["--work-dir", *HOSTILE]
    (call,) = run(checkout, script, *given, *rest)
    assert Path(call[0]).parent == checkout / "tools"
    assert call[1:] == [*handed_on, *rest]
    assert_nothing_ran(checkout)


def test_quickstart_hands_on_its_work_dir(checkout: Path):
    work_dir = "$(touch four); touch five `touch six`"
    calls = run(checkout, "quickstart.sh", work_dir, ICLIP_DATA="data; touch one")
    assert ["tools/make_toy_data.py", "--root", "data; touch one/toy"] in calls
    assert ["tools/show_metrics.py", work_dir] in calls
    (trained,) = [call for call in calls if call[0].endswith("train.py")]
    assert trained[-2:] == ["--work-dir", work_dir]
    assert_nothing_ran(checkout)


def test_setup_makes_its_environment_with_an_interpreter_of_that_name(checkout: Path):
    (checkout / ".venv").rename(checkout / "python of; touch one")
    calls = run(checkout, "setup.sh", "--without-wordnet",
                PYTHON=str(checkout / "python of; touch one/bin/python"))  # fmt: skip
    assert ["-m", "venv", str(checkout / ".venv")] in calls
    assert any("--editable" in call for call in calls)
    assert_nothing_ran(checkout)


def test_slurm_script_hands_on_names(checkout: Path):
    (call,) = run(checkout, "slurm_train.sh", "part; touch one", "$(touch four)", "8", "a b.py",
                  *HOSTILE, SLURM_RESTART_COUNT="0")  # fmt: skip
    assert "--partition=part; touch one" in call
    assert "--job-name=$(touch four)" in call
    assert call[call.index("a b.py") :] == ["a b.py", "--launcher", "slurm", *HOSTILE]
    assert_nothing_ran(checkout)


@pytest.mark.parametrize(
    ("gpus", "environment"), [("a[$(touch 7)]", {}), ("8", {"GPUS_PER_NODE": "a[$(touch 7)]"})]
)
def test_number_that_would_run_a_command_is_refused(
    gpus: str, environment: dict[str, str], checkout: Path
):
    done = subprocess.run(
        [str(checkout / "tools/slurm_train.sh"), "part", "job", gpus, "config.py"],
        cwd=checkout, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "a[$(touch 7)]" in done.stderr and "take a number from 1 up" in done.stderr
    assert_nothing_ran(checkout)
