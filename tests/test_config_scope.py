"""A config inherits the hub's by ``iclip::``, whichever library reads it."""

from pathlib import Path

import pytest
from mmengine.config import Config

from iclip import config_scope
from iclip.config_scope import framework_config
from iclip.engine.start.config_files import read_config
from tests.support.source_imports import REPO

NAME = "configs/micro/iclip_names.py"


@pytest.fixture
def child(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(f'_base_ = "iclip::{NAME}"\nloader = _base_.train_dataloader\nseed = 7\n')
    return file


def test_child_has_what_the_config_itself_has(child: Path) -> None:
    mine = Config.fromfile(child).to_dict()
    theirs = Config.fromfile(REPO / NAME).to_dict()
    assert mine.pop("loader") == theirs["train_dataloader"]  # without a scope of its own
    assert mine.pop("seed") == 7
    assert mine == theirs


def test_resolved_config_names_neither_scope_nor_place(child: Path, tmp_path: Path) -> None:
    Config.fromfile(child).dump(tmp_path / "dumped.py")
    dumped = (tmp_path / "dumped.py").read_text()
    assert "train_dataloader" in dumped
    assert all(name not in dumped for name in (str(REPO), "_scope_", "iclip::"))


def test_relative_paths_are_found_as_before(child: Path) -> None:
    grandchild = child.with_name("grandchild.py")
    grandchild.write_text('_base_ = "./mine.py"\nwidth = 3\n')
    cfg = Config.fromfile(grandchild)
    assert (cfg.seed, cfg.width) == (7, 3)


# Two of which the framework lists a model, and one that others inherit.
@pytest.mark.parametrize(
    "name",
    [
        "mmaction::recognition/swin/"
        "swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py",
        "mmseg::maskformer/maskformer_r50-d32_8xb2-160k_ade20k-512x512.py",
        "mmdet::_base_/datasets/lvis_v1_instance.py",
    ],
)
def test_frameworks_configs_are_those_that_mmengine_finds(name: str) -> None:
    assert Config._get_cfg_path(name, "a.py") == Config._get_cfg_path.__wrapped__(name, "a.py")


def test_config_that_a_framework_lacks_is_left_to_mmengine() -> None:
    assert framework_config("mmdet", "absent.py") is None
    assert framework_config("pathlib", "absent.py") is None


def test_other_scopes_are_mmengines() -> None:
    with pytest.raises(AssertionError, match="mmengine does not support to load nothing config"):
        Config._get_cfg_path("nothing::a/b.py", "c.py")


def test_missing_config_is_told_with_file_line_and_nearest_name(child: Path) -> None:
    child.write_text("x = 1\n_base_ = 'iclip::downstream/toy/lvis_fcnn.py'\n")
    with pytest.raises(ValueError) as error:
        read_config(child)
    assert str(error.value) == (
        f"config {child}, line 2: _base_ names a file that does not exist: the hub ships no config "
        "iclip::downstream/toy/lvis_fcnn.py. The nearest is downstream/toy/lvis_frcnn.py; `iclip "
        "configs` lists them all"
    )


def test_scope_is_taught_once() -> None:
    known = Config._get_cfg_path
    config_scope.know_scope()
    assert Config._get_cfg_path is known
