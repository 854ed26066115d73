"""The types that a config and its bases name."""

from pathlib import Path

import pytest

from iclip.openmmlab.audit.config_types import config_types, shipped_configs
from tests.support.made_up_packages import write_config


def test_parts_below_base_are_not_listed(roots: dict[str, Path]):
    write_config(roots["mmdet"], "_base_/far.py", "model = dict(type='Imports')")
    own = write_config(roots["mmdet"], "a/model.py", "model = dict(type='Plain')")
    assert shipped_configs(roots["mmdet"]) == [own]


def test_a_base_must_be_a_string(tmp_path: Path):
    path = tmp_path / "model.py"
    path.write_text("_base_ = [name]")
    with pytest.raises(ValueError, match=r"model\.py: a base config is given by name, which is"):
        config_types(path)
