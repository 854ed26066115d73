"""The doctor finds what works by trying it."""

import sys

import pytest

from iclip import doctor
from iclip.cuda_driver import check_driver


def test_a_broken_import_of_mmcv_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mmcv.ops", None)
    assert doctor.operators().startswith("nobody: mmcv cannot be imported (ModuleNotFoundError: ")
    assert "\n" not in doctor.operators()
    assert doctor.framework_models() == []


def test_an_absent_mmcv_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert doctor.operators() == "nobody: mmcv is not installed"


def test_the_trial_runs_on_the_gpu_if_there_is_one(monkeypatch: pytest.MonkeyPatch):
    import torch

    places = []
    for available in (True, False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=available: found)
        places.append(doctor.device())
    assert places == ["cuda", "cpu"]


def test_an_error_says_that_it_does_not_work(monkeypatch: pytest.MonkeyPatch):
    def broken() -> str:
        raise ImportError("no module\nnamed so")

    monkeypatch.setitem(doctor.CAPABILITIES, "video", (broken, "tools/setup.sh"))
    tried = doctor.try_capability("video")
    assert (tried.works, tried.detail) == (False, "ImportError: no module")
    assert tried.remedy == "tools/setup.sh"


def test_without_mmengine_it_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "iclip.openmmlab", None)  # which imports mmengine
    monkeypatch.setattr(doctor, "CAPABILITIES", {"detection": (doctor.detection, doctor.SETUP)})
    monkeypatch.setattr(doctor, "framework_models", list)
    found = doctor.run_all_checks()
    assert found["fixes"] == []
    (tried,) = found["capabilities"]
    assert tried["remedy"] == "tools/setup.sh --force" and not tried["works"]
    assert tried["detail"].startswith("ModuleNotFoundError")


def test_a_fork_stands_in_the_place_of_the_official_package(monkeypatch: pytest.MonkeyPatch):
    installed = {"mmengine": "0.10.7", "onedl-mmdetection": "3.5.1"}
    monkeypatch.setattr(doctor, "PACKAGES", ("mmengine", "mmdet", "mmsegmentation"))
    monkeypatch.setattr(doctor, "_version", installed.get)
    assert doctor.installed_versions() == {**installed, "mmsegmentation": None}


def test_a_framework_installed_twice_is_named(monkeypatch: pytest.MonkeyPatch):
    owners = {"mmengine": ["onedl-mmengine", "mmengine"], "mmcv": ["mmcv-lite"]}
    monkeypatch.setattr(doctor, "packages_distributions", lambda: owners)
    tried = doctor.try_capability("frameworks")
    assert not tried.works
    assert "mmengine is of mmengine and of onedl-mmengine: their files are mixed" in tried.detail
    assert tried.remedy == "pip uninstall both of them, then pip install the one you want"


def test_a_package_that_is_absent_has_no_version(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
    assert doctor.installed_versions()["no-such-package"] is None


def test_a_driver_that_is_too_old_is_said_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch,
):
    def too_old(built_for: str | None) -> str:
        return check_driver(built_for, lambda: "570.86.15")

    monkeypatch.setattr(doctor, "check_driver", too_old)
    monkeypatch.setattr("torch.version.cuda", "13.0")
    tried = doctor.try_capability("gpu")
    assert tried.detail == (
        "DriverError: driver 570.86.15 is too old for PyTorch's CUDA 13.0: it needs 580 or up"
    )
    assert tried.remedy == "tools/setup.sh --cuda 12"


@pytest.mark.parametrize(
    ("missing", "works", "detail"),
    [
        (("gs",), True, "s3://, https://, hf://; for gs://, pip install gcsfs"),
        ((), True, "s3://, https://, hf://, gs://"),
        (
            ("s3", "gs"),
            False,
            "RuntimeError: only https://, hf:// can be read, not s3:// and https",
        ),
    ],
)
def test_what_can_be_read_from_afar_is_said(
    missing: tuple[str, ...], works: bool, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(scheme: str) -> None:
        if scheme in missing:
            raise ImportError(f"install the library of {scheme}")

    monkeypatch.setattr("fsspec.get_filesystem_class", load)
    tried = doctor.try_capability("remote")
    assert tried.works == works and tried.detail.startswith(detail)
    assert works or tried.remedy == "pip install 'iclip[remote]'"
