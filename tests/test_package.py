"""``import iclip`` costs nothing, and what it offers comes when it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

import iclip
from tests.support.source_imports import REPO


def test_import_brings_no_framework() -> None:
    code = (
        "import sys, iclip\n"
        "assert {'backbone', 'load_model'} <= {*dir(iclip)}\n"
        "sys.exit(', '.join({'torch', 'numpy', 'mmengine'} & {*sys.modules}) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'iclip' has no attribute 'nothing'"):
        iclip.nothing  # noqa: B018


def test_types_are_for_others_too() -> None:
    assert (Path(iclip.__file__).parent / "py.typed").is_file()
