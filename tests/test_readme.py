"""The pages speak of commands and files that exist and do what they say they take."""

import argparse
import importlib
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from iclip.commands.catalog import COMMANDS as SUB_COMMANDS

REPO = Path(__file__).resolve().parents[1]
README = (REPO / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)#]+)\)", README)
PAGES = [
    "README.md",
    *(path.relative_to(REPO).as_posix() for path in (REPO / "docs").rglob("*.md")),
]
NOTEBOOKS = [path.relative_to(REPO).as_posix() for path in (REPO / "notebooks").glob("*.py")]


def commands_in(page: str) -> set[str]:
    """The commands of a page's code blocks, and those between backticks."""
    text = (REPO / page).read_text(encoding="utf-8")
    if page.endswith(".py"):
        cells = re.findall(r"# %% language=\"bash\"\n((?:#.*\n)+)", text)
        code = [re.sub(r"^# ?", "", cell, flags=re.MULTILINE) for cell in cells]
    else:
        code = re.findall(r"```\n(.*?)```", text, flags=re.DOTALL)
        inline = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        code += [" ".join(words.split()) for words in inline]
    lines = [
        re.split(r"\s{2,}#|\s# ", line)[0].strip()
        for block in code
        for line in block.replace("\\\n", " ").splitlines()
    ]
    starts = r"(python |torchrun .*?)?tools/\w+\.(sh|py)\b|iclip [a-z-]+"
    return {line for line in lines if re.match(starts, line)}


COMMANDS = sorted({(p, line) for p in [*PAGES, *NOTEBOOKS] for line in commands_in(p)})


def test_there_are_commands_and_links():
    assert sum(page == "README.md" for page, _ in COMMANDS) >= 4 and len(LINKS) >= 3
    assert {page for page, _ in COMMANDS} >= {*NOTEBOOKS, "docs/start.md", "docs/pretraining.md"}


@pytest.mark.parametrize("link", LINKS)
def test_linked_file_exists(link: str, repo_root: Path):
    assert (repo_root / link).exists()


def options_of(name: str) -> set[str]:
    """The options of a sub-command, as its parser has them."""
    parser = argparse.ArgumentParser()
    importlib.import_module(f"iclip.commands.{SUB_COMMANDS[name].module}").add_arguments(parser)
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_command_exists_and_knows_its_options(page: str, command: str, repo_root: Path):
    # Placeholders of a synopsis stand in brackets, and alternatives behind a bar.
    words = shlex.split(re.sub(r"[\[\]]|\|\S*", " ", command))
    words = words[next(i for i, word in enumerate(words) if re.match("tools/|iclip$", word)) :]
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    named = [word for word in words if word.startswith(("configs/", "downstream/"))]
    assert all((repo_root / word).exists() for word in named if not word.endswith("..."))
    if words[0].endswith(".sh"):
        assert os.access(repo_root / words[0], os.X_OK), command
        if words[0] == "tools/test.sh":  # it hands everything to pytest
            return
        asked = [repo_root / words[0], "--help"]
        done = subprocess.run(asked, cwd=repo_root, capture_output=True, text=True, check=False)
        assert done.stdout.strip() and all(option in done.stdout for option in options), command
        return
    name = words[1] if words[0] == "iclip" else Path(words[0]).stem.replace("_", "-")
    assert words[0] == "iclip" or (repo_root / words[0]).is_file()
    if not name.startswith("--"):
        assert options <= options_of(name) | {"--help", "--version"}, f"{page}: {command}"


# Files of users and of data sets; a former name; examples.
NOT_OURS = {
    *("pictures/", "photos/", "Testing_01.txt", "text/build/", "conftest.py"),
    *("iclip/a/b.py", "tests/a/test_b.py", "their_script.py"),
    *("boxes/", "images/", "labels/", "classes.txt", "labelmap.txt"),
    *("train/", "valid/", "train.txt", "val.txt"),
    *("W/config.py", "work_dirs/finetune_detection_boxes/"),
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
        for page in (*PAGES, "CONTRIBUTING.md", "RELIABILITY.md")
        for path in paths_named_in(page)
    ],
)
def test_named_file_exists(page: str, path: str, repo_root: Path):
    # A page may leave out the folder that it speaks of.
    tops = (repo_root / "iclip", repo_root / "downstream")
    places = [repo_root, *tops, *(f for top in tops for f in top.rglob("*") if f.is_dir())]
    assert any((place / path).exists() for place in places), f"{page} names {path}"
