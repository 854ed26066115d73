"""What is installed from the wheel works without the checkout: programs, configs and data files."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from iclip import __version__
from tests.support.source_imports import REPO

BUILD = "import sys, setuptools.build_meta as b; getattr(b, 'build_' + sys.argv[1])(sys.argv[2])"
SOURCES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "iclip", "configs", "downstream")
LOAD_ALL = """
import functools, json, warnings
warnings.simplefilter("ignore")
import iclip
from iclip.commands.command_line import main
from iclip.commands import configs
from iclip.engine.start.config_files import read_config
import iclip.openmmlab
from iclip.shipped_configs import shipped_names
from mmengine.config import utils

# mmengine reads all pages about a framework's models anew for each name in `_base_`.
utils.load = functools.cache(utils.load)

loaded = {name: len(read_config(name)) for name in shipped_names()}
assert main(configs, ["--copy", "downstream/toy/lvis_frcnn.py", "mine"]) == 0
copied = len(read_config("mine/lvis_frcnn.py"))
print(json.dumps(dict(package=iclip.__file__, loaded=loaded, copied=copied)))
"""


def python(*arguments: str | Path, folder: Path, path: Path | None = None) -> str:
    """What a process of Python prints in a folder, with a folder of packages first on its path."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {} if path is None else {"PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, built from the unpacked source archive, as pip builds it."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        # A build writes beside what it builds.
        subprocess.run(["cp", "-r", REPO / name, source], check=True)
    python("-c", BUILD, "sdist", folder, folder=source)
    (archive,) = folder.glob("*.tar.gz")
    subprocess.run(["tar", "-xf", archive], cwd=folder, check=True)
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    python("-c", BUILD, "wheel", folder, folder=unpacked)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "packages")
    return folder / "packages"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path


def test_wheel_holds_the_package_and_the_configs_and_nothing_else(installed: Path) -> None:
    assert {path.name for path in installed.iterdir()} == {
        "iclip",
        f"iclip-{__version__}.dist-info",
    }
    for folder, place in (("iclip", "iclip"), ("configs", "iclip/shipped/configs"),
                          ("downstream", "iclip/shipped/downstream")):  # fmt: skip
        ours = {path.relative_to(REPO / folder): path for path in (REPO / folder).rglob("*.py")}
        for name, path in ours.items():
            assert (installed / place / name).read_bytes() == path.read_bytes()
        theirs = {path.relative_to(installed / place) for path in (installed / place).rglob("*.py")}
        assert {name for name in theirs if name.parts[0] != "shipped"} == {*ours}


def test_wheel_holds_every_data_file_of_the_package(installed: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "iclip"], cwd=REPO, check=True, capture_output=True, text=True
    ).stdout.split()
    assert [name for name in tracked if not (installed / name).is_file()] == []


def test_console_script_and_module_are_one_program(installed: Path, empty: Path) -> None:
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert points.read_text().strip() == "[console_scripts]\niclip = iclip.commands.program:main"
    called = "import sys; sys.argv[0] = 'iclip'; from iclip.commands.program import main; main()"
    script = python("-c", called, "--help", folder=empty, path=installed)
    module = python("-m", "iclip", "--help", folder=empty, path=installed)
    assert module == script.replace("iclip COMMAND", "python -m iclip COMMAND").replace(
        "iclip --version", "python -m iclip --version"
    )


def test_configs_are_listed_from_the_wheel(installed: Path, empty: Path) -> None:
    shown = python("-m", "iclip", "configs", folder=empty, path=installed)
    assert shown.endswith(f"They lie in {installed / 'iclip/shipped'}\n")
    assert shown.count("Hardware: ") > 20


def test_every_config_is_read_in_an_empty_folder(installed: Path, empty: Path) -> None:
    found = json.loads(python("-c", LOAD_ALL, folder=empty, path=installed).splitlines()[-1])
    assert found["package"] == str(installed / "iclip/__init__.py")
    assert {*found["loaded"]} == {
        path.relative_to(REPO).as_posix()
        for folder in ("configs", "downstream")
        for path in (REPO / folder).rglob("*.py")
        if "_base_" not in path.parts
    }
    assert found["copied"] == found["loaded"]["downstream/toy/lvis_frcnn.py"]
