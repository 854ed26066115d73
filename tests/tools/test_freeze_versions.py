from email.message import Message
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement

from tools.freeze_versions import closure, pin


def package(version: str, requires_python: str | None) -> Any:
    metadata = Message()
    metadata["Name"] = "Some_Package"
    if requires_python:
        metadata["Requires-Python"] = requires_python
    return SimpleNamespace(metadata=metadata, version=version)


def test_closure_follows_requirements_of_requirements() -> None:
    # timm needs torchvision, which needs pillow.
    assert {"timm", "torchvision", "torch", "pillow"} <= closure([Requirement("timm")]).keys()


def test_closure_leaves_out_extras_nobody_asked_for() -> None:
    assert "twython" not in closure([Requirement("nltk")])
    assert "pytest" not in closure([Requirement("open_clip_torch")])


def test_closure_refuses_a_requirement_that_is_not_installed() -> None:
    with pytest.raises(PackageNotFoundError, match="no-such-package"):
        closure([Requirement("no-such-package")])


def test_pin_drops_the_label_of_a_local_build() -> None:
    assert pin(package("2.14.1+cu130", None)) == "Some_Package==2.14.1"


def test_pin_marks_what_the_oldest_python_cannot_take() -> None:
    assert pin(package("1.0", ">=3.10")) == "Some_Package==1.0"
    assert pin(package("1.0", ">=3.11")).startswith('Some_Package==1.0 ; python_version >= "3.')
