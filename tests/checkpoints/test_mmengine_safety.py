"""mmengine's loading runs no code, nor does that of its maintained fork, which would."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import mmengine
import pytest
import torch
from mmengine.fileio import dump, load

from iclip.checkpoints import keep_mmengine_safe

# What the fork onedl-mmengine does with a file that safe loading refuses.
FALLBACK = """

def _safe_torch_load(file, map_location=None, weights_only=None):
    try:
        return torch.load(file, map_location=map_location, weights_only=True)
    except Exception:
        return torch.load(file, map_location=map_location, weights_only=False)
"""

LOAD = """
import os, sys
from mmengine.runner.checkpoint import _load_checkpoint

def load(path, marker):
    try:
        _load_checkpoint(path)
    except Exception as error:
        return type(error).__name__
    return "ran" if os.path.exists(marker) else "loaded"
"""


class Runs:
    """A pickle that runs code."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A checkpoint that runs code, where one sees that it did, and a harmless one."""
    bad, marker, good = (tmp_path / name for name in ("bad.pth", "was_here", "good.pth"))
    torch.save({"state_dict": {}, "meta": Runs(marker)}, bad)
    torch.save({"state_dict": {"weight": torch.ones(1)}, "meta": {}}, good)
    return [str(bad), str(marker), str(good)]


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """A folder with the installed mmengine, made to load as the fork does."""
    installed = Path(mmengine.__file__).parent
    copy = tmp_path / "fork/mmengine"
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("__pycache__"))
    checkpoint = copy / "runner/checkpoint.py"
    source = checkpoint.read_text()
    if "def _safe_torch_load" not in source:
        checkpoint.write_text(source.replace("torch.load(", "_safe_torch_load(") + FALLBACK)
    return copy.parent


def python(code: str, *arguments: str, path: Path | None = None) -> list[str]:
    # Without what the hub has set in this process.
    environment = {k: v for k, v in os.environ.items() if k != "TORCH_FORCE_WEIGHTS_ONLY_LOAD"}
    environment |= {"PYTHONPATH": str(path)} if path is not None else {}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD + code, *arguments],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


def test_fork_runs_the_code_and_the_hub_stops_it(files: list[str], fork: Path):
    told = python(
        "before = load(*sys.argv[1:3]); os.remove(sys.argv[2])\n"
        "from iclip.checkpoints import keep_mmengine_safe\n"
        "after = load(*sys.argv[1:3])\n"
        "print(before, after, load(sys.argv[3], sys.argv[2]), keep_mmengine_safe())",
        *files,
        path=fork,
    )
    assert told == ["ran", "UnpicklingError", "loaded", "True"]
    assert not Path(files[1]).exists()


def test_installed_mmengine_refuses_once_the_hub_is_imported(files: list[str]):
    told = python("import iclip.checkpoints\nprint(load(*sys.argv[1:3]))", *files)
    assert told == ["UnpicklingError"]
    assert not Path(files[1]).exists()


def test_switch_of_torch_that_asks_for_the_opposite_is_taken_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    keep_mmengine_safe()
    assert "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD" not in os.environ


@pytest.mark.parametrize("suffix", ["pkl", "pickle"])
def test_pickles_are_written_and_not_read(suffix: str, tmp_path: Path):
    path = tmp_path / f"a.{suffix}"
    dump({"a": 1}, path)
    assert pickle.loads(path.read_bytes()) == {"a": 1}
    with pytest.raises(ValueError, match=r"a pickle, .* save its content as JSON"):
        load(path)


@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_yaml_is_read_as_plain_values(suffix: str, tmp_path: Path):
    path = tmp_path / f"a.{suffix}"
    dump({"a": [1, 2.5, None]}, path)
    assert load(path) == {"a": [1, 2.5, None]}
    path.write_text("a: !!python/name:os.system")
    with pytest.raises(ValueError, match=r"does not hold plain values alone: .*python/name"):
        load(path)
