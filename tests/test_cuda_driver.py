"""Drivers and the CUDA that they serve, as NVIDIA's table of minor version compatibility says."""

import subprocess
import sys
from pathlib import Path

import pytest

from iclip import cuda_driver
from iclip.cuda_driver import DriverError, check_driver, driver_problem, driver_version, newest_cuda

LOADED = """\
NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Thu Jan 23 23:07:45 UTC 2025
GCC version:  gcc version 12.2.0
"""
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n"


@pytest.mark.parametrize(("text", "version"), [(LOADED, "570.86.15"), (OPEN, "580.65.06")])
def test_version_is_that_of_the_loaded_module(tmp_path: Path, text: str, version: str) -> None:
    (tmp_path / "version").write_text(text)
    assert driver_version(tmp_path / "version") == version


def use_nvidia_smi(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    (folder / "nvidia-smi").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_nvidia_smi_is_asked_where_the_module_is_not_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_nvidia_smi(tmp_path, monkeypatch, "echo 535.104.05; echo 535.104.05")  # a line per GPU
    assert driver_version(tmp_path / "absent") == "535.104.05"


def test_nvidia_smi_without_a_driver_is_no_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_nvidia_smi(tmp_path, monkeypatch, "echo NVIDIA-SMI has failed; exit 9")
    assert driver_version(tmp_path / "absent") is None


def test_a_machine_without_either_has_no_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert driver_version(tmp_path / "absent") is None


@pytest.mark.parametrize(
    ("driver", "cuda"),
    [
        (None, 13),
        ("610.1", 13),
        ("580.65.06", 13),
        ("575.57", 12),
        ("525.60.13", 12),
        ("470.9", 12),
    ],
)
def test_newest_cuda_that_a_driver_serves(driver: str | None, cuda: int) -> None:
    assert newest_cuda(driver) == cuda


@pytest.mark.parametrize(
    ("driver", "built_for"),
    [("580.65.06", "13.0"), ("525.60", "12.8"), ("610.1", "12.8"), ("1.0", "14.0")],
)
def test_a_driver_that_serves_is_no_problem(driver: str, built_for: str) -> None:
    assert driver_problem(driver, built_for) is None


@pytest.mark.parametrize(
    ("driver", "built_for", "detail", "remedy"),
    [
        (
            "570.86.15",
            "13.0",
            "driver 570.86.15 is too old for PyTorch's CUDA 13.0: it needs 580 or up",
            "tools/setup.sh --cuda 12",
        ),
        (
            "470.82",
            "12.8",
            "driver 470.82 is too old for PyTorch's CUDA 12.8: it needs 525 or up",
            "install a driver from 525 on, then tools/setup.sh --cuda 12",
        ),
        (
            "580.65.06",
            None,
            "driver 580.65.06 is here, but PyTorch was built for CPUs",
            "tools/setup.sh --force",
        ),
    ],
)
def test_a_driver_that_does_not_serve_is_named_with_the_remedy(
    driver: str, built_for: str | None, detail: str, remedy: str
) -> None:
    with pytest.raises(DriverError) as raised:
        check_driver(built_for, lambda: driver)
    assert (str(raised.value), raised.value.remedy) == (detail, remedy)


def test_no_driver_is_said() -> None:
    assert check_driver("13.0", lambda: None) == "no NVIDIA driver here (PyTorch's CUDA: 13.0)"


def test_it_runs_before_any_package_is_installed(repo_root: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c",
               f"import sys; sys.path.insert(0, {str(repo_root)!r}); import runpy; "
               "runpy.run_module('iclip.cuda_driver', run_name='__main__')"]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(answer) in cuda_driver.OLDEST_DRIVER
