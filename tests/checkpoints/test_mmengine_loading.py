"""mmengine loads what the hub names: `load_from` and `init_cfg` of a config."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.runner.checkpoint import load_checkpoint
from torch import nn

from iclip.checkpoints.model_folders import write_own_part
from tests.support.hub_server import Hub, Repository

WEIGHT = torch.arange(6.0).view(2, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pushed model with one weight."""
    (tmp_path / "a model").mkdir()
    section = write_own_part(tmp_path / "a model", {"weight": WEIGHT}, {"iter": 7}, {})
    (tmp_path / "a model/config.json").write_text(json.dumps({"iclip": section}))
    return tmp_path / "a model"


def loaded(name: str) -> torch.Tensor:
    layer = nn.Linear(3, 2, bias=False)
    assert load_checkpoint(layer, name, map_location="cpu", strict=True)["meta"] == {"iter": 7}
    return layer.weight.detach()


def test_folder_is_a_checkpoint(folder: Path):
    assert torch.equal(loaded(str(folder)), WEIGHT)


def test_name_on_a_hub_is_a_checkpoint(hub: Hub, folder: Path):
    content = {file.name: file.read_bytes() for file in folder.iterdir()}
    hub.repositories["org/name"] = Repository()
    hub.repositories["org/name"].commit(content)
    hub.objects.update(
        {json.loads(content["config.json"])["iclip"]["files"][name]: content[name]
         for name in content if name.endswith(".safetensors")}
    )  # fmt: skip
    assert torch.equal(loaded("hf-hub:org/name"), WEIGHT)


def test_files_are_read_as_before(tmp_path: Path):
    torch.save({"state_dict": {"weight": WEIGHT}, "meta": {"iter": 7}}, tmp_path / "a.pth")
    assert torch.equal(loaded(str(tmp_path / "a.pth")), WEIGHT)
    with pytest.raises(FileNotFoundError, match=r"absent\.pth"):
        loaded(str(tmp_path / "absent.pth"))
