"""The pages speak of commands and files that exist and do what they say they take."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
README = (REPO / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"```\n(.*?)```", README, flags=re.DOTALL) + re.findall(r"`([^`\n]+)`", README)
LINES = {line.split("  #")[0].strip() for code in CODE for line in code.splitlines()}
COMMANDS = sorted(line for line in LINES if re.match(r"(python )?tools/\S+\.(sh|py)\b", line))
LINKS = re.findall(r"\]\(([^)#]+)\)", README)


def test_there_are_commands_and_links():
    assert len(COMMANDS) >= 4 and len(LINKS) >= 3


@pytest.mark.parametrize("link", LINKS)
def test_linked_file_exists(link: str, repo_root: Path):
    assert (repo_root / link).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists_and_knows_its_options(command: str, repo_root: Path):
    words = [word for word in shlex.split(command) if word != "python"]
    script = repo_root / words[0]
    assert os.access(script, os.X_OK if script.suffix == ".sh" else os.R_OK), command
    assert all((repo_root / w).is_file() for w in words if w.startswith(("configs", "downstream")))
    options = [word for word in words if word.startswith("--")]
    asked = [sys.executable, script, "--help"] if script.suffix == ".py" else [script, "--help"]
    if options or script.name != "test.sh":  # which hands everything to pytest
        done = subprocess.run(asked, cwd=repo_root, capture_output=True, text=True, check=False)
        assert all(option in done.stdout for option in options), done.stdout + done.stderr
        assert done.stdout.strip(), command


# Files of users and of data sets; a former name; examples.
NOT_OURS = {
    *("pictures/", "photos/", "Testing_01.txt", "text/build/", "conftest.py"),
    *("iclip/a/b.py", "tests/a/test_b.py"),
}


def paths_named_in(page: str) -> list[str]:
    """Source files and folders between backticks; a pattern or a placeholder is not one."""
    text = (REPO / page).read_text(encoding="utf-8")
    code = re.findall(r"`([\w./-]+)`", text)
    found = {name for name in code if re.search(r"\.(py|sh|toml|txt)$|^[a-z_]+(/[a-z_]+)*/$", name)}
    return sorted(name for name in found - NOT_OURS if "NAME" not in name)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        (page, path)
        for page in ("README.md", "CONTRIBUTING.md", "RELIABILITY.md")
        for path in paths_named_in(page)
    ],
)
def test_named_file_exists(page: str, path: str, repo_root: Path):
    # A page may leave out the folder that it speaks of.
    tops = (repo_root / "iclip", repo_root / "downstream")
    places = [repo_root, *tops, *(f for top in tops for f in top.rglob("*") if f.is_dir())]
    assert any((place / path).exists() for place in places), f"{page} names {path}"
