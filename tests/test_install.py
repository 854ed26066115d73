"""The install is described truthfully: what is imported is declared, what is declared is pinned."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

# Python 3.10's own finds only the packages that declare their modules.
from importlib_metadata import packages_distributions
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from iclip.cuda_driver import OLDEST_DRIVER
from tests.support.source_imports import (
    REPO,
    imported_at_once,
    imported_modules,
    python_files,
)
from tools import freeze_versions

SCRIPTS = [*sorted((REPO / "tools").glob("*.sh")), REPO / ".ci" / "run"]


@pytest.fixture(scope="module")
def declared() -> dict[str, dict[str, Requirement]]:
    """setup.py's requirements by name: `run`, and of the extras."""
    script = (
        "import json, runpy, setuptools; setuptools.setup = lambda **k: None; "
        "d = runpy.run_path('setup.py'); "
        "print(json.dumps(dict(run=d['INSTALL_REQUIRES'], openmmlab=d['OPENMMLAB_REQUIRES'], "
        "suites=d['SUITES_REQUIRES'], remote=d['REMOTE_REQUIRES'], onnx=d['ONNX_REQUIRES'], "
        "docs=d['DOCS_REQUIRES'], "
        "demo=d['DEMO_REQUIRES'], dev=d['DEV_REQUIRES'])))"
    )
    output = subprocess.check_output([sys.executable, "-c", script], cwd=REPO, text=True)
    return {
        kind: {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}
        for kind, lines in json.loads(output).items()
    }


def everything(declared: dict[str, dict[str, Requirement]]) -> dict[str, Requirement]:
    """All that has tested versions: gradio does not go with the tested Pillow."""
    parts = (part for kind, part in declared.items() if kind != "demo")
    return {name: r for part in parts for name, r in part.items()}


CONSTRAINTS = ("constraints.txt", "constraints-cuda12.txt")


@pytest.fixture(scope="module", params=CONSTRAINTS)
def pinned(request: pytest.FixtureRequest) -> dict[str, Requirement]:
    return read_pins(request.param)


def read_pins(file: str) -> dict[str, Requirement]:
    lines = (REPO / file).read_text(encoding="utf-8").splitlines()
    entries = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(entry.name): entry for entry in entries}


def freedom(path: str) -> tuple[bool, bool]:
    """Orders importers by what they may import: benchmarks everything, peers included."""
    return "benchmarks" in path, "openmmlab" in path


def third_party(*folders: str) -> dict[str, str]:
    """Distribution of each foreign top-level module that the folders import, with an importer."""
    owners = packages_distributions()
    found = {}
    for path in python_files(*folders):
        for module in imported_modules(path):
            top = module.split(".")[0]
            if top in sys.stdlib_module_names or top in {"iclip", "tools", "tests"}:
                continue
            # cv2 has two owners; the one that the hub declares provides it.
            names = {canonicalize_name(name) for name in owners.get(top, [top])}
            name = "opencv-python-headless" if top == "cv2" else min(names)
            # Of several importers, one that may import the least.
            place = str(path.relative_to(REPO))
            found[name] = min(found.get(name, place), place, key=freedom)
    return found


def test_every_import_of_the_package_is_required(
    declared: dict[str, dict[str, Requirement]],
) -> None:
    extras = {
        "iclip/files/remote": ["remote"],
        "iclip/openmmlab/": ["openmmlab"],
        "iclip/zeroshot/": ["suites"],
        "iclip/demo/": ["demo"],
        "iclip/export/onnx_folder.py": ["onnx"],
        "iclip/benchmarks/": ["openmmlab", "suites"],
    }
    for name, path in third_party("iclip").items():
        parts = [names for part, names in extras.items() if path.startswith(part)]
        optional = [declared[extra] for names in parts for extra in names]
        assert any(name in known for known in (declared["run"], *optional)), (
            f"{path} imports {name}"
        )


def test_packages_of_extras_are_imported_where_they_are_used(
    declared: dict[str, dict[str, Requirement]],
) -> None:
    """A module that imports one at its top takes all that import it out of the plain install."""
    rooms = ("iclip/openmmlab/", "iclip/benchmarks/", "iclip/demo/")
    required = declared["run"].keys() | declared["openmmlab"].keys()
    extra = {name for part in declared.values() for name in part} - required
    owners = packages_distributions()
    for path in python_files("iclip"):
        if not path.relative_to(REPO).as_posix().startswith(rooms):
            tops = {module.split(".")[0] for module in imported_at_once(path)}
            found = {canonicalize_name(name) for top in tops for name in owners.get(top, [])}
            assert not found & extra, path


def test_every_import_around_the_package_is_declared(
    declared: dict[str, dict[str, Requirement]],
) -> None:
    known = {name for requirements in declared.values() for name in requirements}
    imports = third_party("tools", "tests", "docs")
    assert not {name: path for name, path in imports.items() if name not in known}


def test_every_declared_package_is_pinned_within_its_range(
    declared: dict[str, dict[str, Requirement]], pinned: dict[str, Requirement]
) -> None:
    for name, requirement in everything(declared).items():
        assert name in pinned, f"{name} has no line"
        (exact,) = pinned[name].specifier
        assert requirement.specifier.contains(exact.version), f"{requirement} against {exact}"


def test_constraints_are_exact_and_name_no_place(pinned: dict[str, Requirement]) -> None:
    for entry in pinned.values():
        assert [spec.operator for spec in entry.specifier] == ["=="], entry
        assert entry.url is None
        assert "+" not in str(entry.specifier), f"{entry}: a local build"


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="constraints.txt was made on 3.11")
@pytest.mark.skipif(not (Path(sys.prefix) / ".iclip-setup").exists(), reason="not set up by tools/")
def test_environment_is_what_the_constraints_say(
    declared: dict[str, dict[str, Requirement]],
) -> None:
    pinned = read_pins(freeze_versions.file_name())
    for name in everything(declared):
        marker: Marker | None = pinned[name].marker
        if marker is None or marker.evaluate():
            assert pinned[name].specifier.contains(version(name).split("+")[0]), name


def test_cv2_needs_no_display() -> None:
    import cv2.version

    assert cv2.version.headless


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_is_well_formed(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text(encoding="utf-8")
    if script.name == "environment.sh":  # It is sourced, and must not change its caller's shell.
        return
    assert text.startswith("#!/usr/bin/env bash\n")
    assert re.search(r"^set -euo pipefail$", text, flags=re.MULTILINE)
    assert os.access(script, os.X_OK)


def test_the_sets_differ_in_pytorch_and_what_it_needs_only() -> None:
    first, second = map(read_pins, CONSTRAINTS)
    alike = {name: str(pin) for name, pin in first.items() if str(second.get(name)) == str(pin)}
    different = (first.keys() | second.keys()) - alike.keys()
    assert {"torch", "torchvision"} <= different
    assert all(name.startswith((*freeze_versions.CUDA, "torch")) for name in different), different


@pytest.mark.parametrize(("file", "cuda"), [*zip(CONSTRAINTS, (13, 12), strict=True)])
def test_constraints_say_which_driver_they_need(file: str, cuda: int) -> None:
    text = (REPO / file).read_text(encoding="utf-8").replace("\n# ", " ")
    assert f"CUDA {cuda} (NVIDIA driver {OLDEST_DRIVER[cuda]} or newer;" in text


def run_setup(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    return subprocess.run(
        [REPO / "tools" / "setup.sh", *arguments],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def executable(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_setup_explains_itself() -> None:
    result = run_setup("--help")
    assert result.returncode == 0
    options = {"--cuda", "--force", "--without-wordnet", "ICLIP_VENV", "PYTHON"}
    assert options <= set(result.stdout.split())


@pytest.mark.parametrize("arguments", [("--cuda", "11"), ("--cuda",)], ids=" ".join)
def test_setup_names_an_unknown_cuda(arguments: tuple[str, ...]) -> None:
    result = run_setup(*arguments)
    assert result.returncode != 0
    assert f"--cuda is '{''.join(arguments[1:])}'; it takes 12 or 13." in result.stderr


def test_setup_names_an_unknown_argument() -> None:
    result = run_setup("--quick")
    assert result.returncode != 0
    assert "unknown argument '--quick'" in result.stderr


def test_setup_refuses_an_old_python(tmp_path: Path) -> None:
    old = executable(tmp_path / "python-old", "exit 1")  # What `sys.version_info < (3, 10)` gives.
    result = run_setup(PYTHON=str(old), ICLIP_VENV=str(tmp_path / "venv"))
    assert result.returncode != 0
    assert f"no Python >= 3.10 found (tried: {old})" in result.stderr
    assert "PYTHON=/path/to/python3.11 tools/setup.sh" in result.stderr


def test_setup_refuses_an_environment_with_an_old_python(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    executable(tmp_path / "bin" / "python", "exit 1")
    result = run_setup(ICLIP_VENV=str(tmp_path))
    assert result.returncode != 0
    assert f"{tmp_path} holds a Python older than 3.10" in result.stderr


@pytest.fixture
def fake_venv(tmp_path: Path) -> Path:
    """An environment that runs this Python, but only notes what is asked of pip."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    body = f"""case "$1 $2" in
    '-m pip') shift 3; echo "$@" >>{tmp_path}/pip.log; exit "${{FAKE_PIP_EXIT:-0}}" ;;
    *get_path*) echo {tmp_path}/packages ;;
    *) exec {sys.executable} "$@" ;;
esac"""
    executable(venv / "bin" / "python", body)
    (tmp_path / "packages" / "cv2").mkdir(parents=True)
    (tmp_path / "packages" / "cv2" / "version.py").write_text("headless = True\n")
    return venv


def run_setup_in(
    venv: Path, *arguments: str, free_gb: int = 100, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the setup in `fake_venv`, on a disk with so much room."""
    executable(venv.parent / "df", f"echo Filesystem; echo /dev/x 9 9 {free_gb * 2**20} 1% /")
    path = f"{venv.parent}:{os.environ['PATH']}"
    options = ("--without-wordnet", *arguments)
    return run_setup(*options, ICLIP_VENV=str(venv), PATH=path, **environment)


def pip_calls(venv: Path) -> list[str]:
    log = venv.parent / "pip.log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_setup_installs_the_constrained_versions_without_a_compiler(fake_venv: Path) -> None:
    result = run_setup_in(fake_venv)
    assert result.returncode == 0, result.stderr
    (call,) = pip_calls(fake_venv)
    assert "--constraint constraints.txt" in call
    assert "--only-binary :all:" in call
    assert call.endswith("--editable .[openmmlab,dev]")


@pytest.mark.parametrize(
    ("driver", "constraints"),
    [("570.86.15", "constraints-cuda12.txt"), ("580.65.06", "constraints.txt")],
)
def test_setup_takes_the_versions_that_the_driver_serves(
    fake_venv: Path, driver: str, constraints: str
) -> None:
    executable(fake_venv.parent / "nvidia-smi", f"echo {driver}")
    result = run_setup_in(fake_venv)
    assert result.returncode == 0, result.stderr
    (call,) = pip_calls(fake_venv)
    assert f"--constraint {constraints} " in call


def test_setup_keeps_the_versions_that_were_asked_for(fake_venv: Path) -> None:
    executable(fake_venv.parent / "nvidia-smi", "echo 580.65.06")
    first = run_setup_in(fake_venv, "--cuda", "12")
    assert "constraints-cuda12.txt, PyTorch for CUDA 12 (asked for)" in first.stdout
    assert "nothing to do" in run_setup_in(fake_venv).stdout
    run_setup_in(fake_venv, "--cuda", "13")
    twelve, thirteen = pip_calls(fake_venv)
    assert "--constraint constraints-cuda12.txt " in twelve
    assert "--constraint constraints.txt " in thirteen


def test_setup_has_nothing_to_do_the_second_time(fake_venv: Path) -> None:
    run_setup_in(fake_venv)
    result = run_setup_in(fake_venv)
    assert result.returncode == 0, result.stderr
    assert "nothing to do" in result.stdout
    assert len(pip_calls(fake_venv)) == 1


def test_setup_installs_again_when_told_to(fake_venv: Path) -> None:
    run_setup_in(fake_venv)
    run_setup_in(fake_venv, "--force")
    assert len(pip_calls(fake_venv)) == 2


def test_setup_gives_cv2_to_the_package_that_needs_no_display(fake_venv: Path) -> None:
    (fake_venv.parent / "packages" / "cv2" / "version.py").write_text("headless = False\n")
    run_setup_in(fake_venv)
    assert pip_calls(fake_venv)[-1].endswith("--force-reinstall --no-deps opencv-python-headless")


def test_setup_says_when_the_disk_is_too_small(fake_venv: Path) -> None:
    result = run_setup_in(fake_venv, free_gb=3)
    assert result.returncode != 0
    assert f"3 GB free at {fake_venv}, 8 GB are needed" in result.stderr
    assert not pip_calls(fake_venv)


def test_setup_says_what_to_do_when_pip_fails_and_tries_again(fake_venv: Path) -> None:
    result = run_setup_in(fake_venv, FAKE_PIP_EXIT="1")
    assert result.returncode != 0
    assert "pip could not install the packages" in result.stderr
    assert "index-url or proxy" in result.stderr
    assert "ready" not in result.stdout
    run_setup_in(fake_venv)
    assert len(pip_calls(fake_venv)) == 2
