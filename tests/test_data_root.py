"""Configs and commands look for data in one folder."""

from pathlib import Path

import pytest
from mmengine.config import Config

from iclip.data_root import data_root


@pytest.mark.parametrize(
    ("environment", "root"), [({}, Path("data")), ({"ICLIP_DATA": "/d"}, Path("/d"))]
)
def test_root_is_what_the_variable_names_or_else_data(environment: dict[str, str], root: Path):
    assert data_root(environment) == root


@pytest.mark.parametrize("value", [None, "/d"])
def test_configs_take_the_same_root(
    value: str | None, repo_root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("ICLIP_DATA")
    if value is not None:
        monkeypatch.setenv("ICLIP_DATA", value)
    cfg = Config.fromfile(repo_root / "configs/_base_/datasets/toy.py")
    assert Path(cfg.toy) == data_root() / "toy"
