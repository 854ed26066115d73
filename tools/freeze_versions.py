"""Write constraints.txt: this environment's version of each package that setup.py requires.

Run it after an upgrade whose tests have passed: ``make constraints``. Where PyTorch was built for
CUDA 12, it writes constraints-cuda12.txt; and constraints-demo.txt where the demo's environment is
(tools/demo_environment.sh).
"""

import runpy
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

import setuptools
import torch
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from iclip.cuda_driver import OLDEST_DRIVER

REPO = Path(__file__).resolve().parents[1]

HEADER = """\
# The versions the hub is tested with: Linux x86-64, Python {python}, PyTorch for CUDA {cuda}
# (NVIDIA driver {driver} or newer; it also runs without a GPU). setup.py holds the ranges.
# Made by tools/freeze_versions.py. A package that no longer supports the oldest Python that the hub
# runs on carries a marker; there, pip takes the newest release that setup.py's range allows.
"""
DEMO_HEADER = """\
# The versions that `iclip demo` is tested with, above those of constraints.txt: gradio, what it
# brings, and the Pillow that it demands. Made by tools/freeze_versions.py.
"""
OLDEST_PYTHON = "3.10"
# How the names of the packages begin that PyTorch's wheels for Linux bring with them.
CUDA = ("nvidia-", "cuda-", "triton")


def declared_requirements() -> list[Requirement]:
    """Read what setup.py requires, for users and for development."""
    # setup.py then only defines its lists.
    setuptools.setup = lambda **_: None  # type: ignore[assignment]
    names = runpy.run_path(str(REPO / "setup.py"))
    kinds = ("INSTALL", "OPENMMLAB", "SUITES", "REMOTE", "ONNX", "DOCS", "DEV")
    return [Requirement(line) for kind in kinds for line in names[f"{kind}_REQUIRES"]]


def closure(requirements: list[Requirement]) -> dict[str, Distribution]:
    """Find the installed packages that the requirements need, directly or through others.

    Raises:
        PackageNotFoundError: One of the given requirements is not installed.
    """
    found: dict[str, Distribution] = {}
    pending = [(requirement, True) for requirement in requirements]
    done = set()
    while pending:
        requirement, is_direct = pending.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in done:
            continue
        done.add(key)
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            if is_direct:
                raise
            # Others need it only with an extra, or on another platform.
            continue
        pending += [(needed, False) for needed in _needs(found[name], requirement.extras)]
    return found


def _needs(package: Distribution, extras: set[str]) -> list[Requirement]:
    needs = [Requirement(line) for line in package.requires or ()]
    return [
        need
        for need in needs
        if need.marker is None
        or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def pin(package: Distribution) -> str:
    """Write a line of constraints.txt, without the label of a local build."""
    line = f"{package.metadata['Name']}=={package.version.partition('+')[0]}"
    supported = SpecifierSet(",".join(package.metadata.get_all("Requires-Python") or ()))
    if supported.contains(OLDEST_PYTHON):
        return line
    return f'{line} ; python_version >= "{sys.version_info.major}.{sys.version_info.minor}"'


def cuda_major() -> int:
    """Return the major version of CUDA that the installed PyTorch was built for.

    Raises:
        SystemExit: It was built for CPUs, and its versions are not those of a machine with a GPU.
    """
    if torch.version.cuda is None:
        sys.exit("this PyTorch was built for CPUs; freeze an environment that tools/setup.sh made")
    return int(torch.version.cuda.partition(".")[0])


def file_name() -> str:
    """Name the file of the versions for that CUDA; the newest has the plain name."""
    major = cuda_major()
    return "constraints.txt" if major == max(OLDEST_DRIVER) else f"constraints-cuda{major}.txt"


def constraints() -> str:
    """Write the text of the file."""
    requirements = declared_requirements()
    packages = closure(requirements)
    direct: set[str] = {canonicalize_name(requirement.name) for requirement in requirements}
    libraries = {name for name in packages if name.startswith(CUDA)}
    groups: dict[str, set[str]] = {
        "Declared in setup.py": direct,
        "Needed by those": packages.keys() - direct - libraries,
        "Needed by PyTorch's wheels for Linux": libraries - direct,
    }
    text = HEADER.format(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        cuda=cuda_major(),
        driver=OLDEST_DRIVER[cuda_major()],
    )
    for title, names in groups.items():
        text += f"\n# {title}\n" + "".join(pin(packages[name]) + "\n" for name in sorted(names))
    return text


def demo_constraints(demo: Path) -> str:
    """Write the text of the file of the demo's environment: the packages in its own folder."""
    folders = [str(folder) for folder in demo.glob("lib/python*/site-packages")]
    packages = {canonicalize_name(found.name): found for found in distributions(path=folders)}
    return DEMO_HEADER + "".join(pin(packages[name]) + "\n" for name in sorted(packages))


if __name__ == "__main__":
    demo = Path(sys.prefix) / "demo"
    if demo.is_dir():
        (REPO / "constraints-demo.txt").write_text(demo_constraints(demo), encoding="utf-8")
    (REPO / file_name()).write_text(constraints(), encoding="utf-8")
