"""A model's folder as a checkpoint: equal tensors, and nothing of it is trusted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.model_folders import (
    HERE,
    OWN_WEIGHTS,
    files_of,
    is_model_folder,
    read_model_folder,
    write_own_part,
)
from iclip.checkpoints.weight_files import read_weights

META = {"model": {"type": "ICLIP", "sizes": (1, 2)}, "tokenizer": HERE}


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    shared = torch.arange(6.0).view(2, 3)
    return {"a": shared, "b": shared.T, "c": torch.tensor(3), "half": torch.ones(2).half()}


@pytest.fixture
def folder(tmp_path: Path, weights: dict[str, torch.Tensor]) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    others = {"theirs.safetensors": {"x.a": weights["a"], "unused": torch.zeros(2, 3)}}
    for name, tensors in others.items():
        save_file(tensors, folder / name)
    (folder / "vocabulary.json").write_text("{}")
    section = write_own_part(folder, weights, META, others, ["vocabulary.json"])
    (folder / "config.json").write_text(json.dumps({"architecture": "x", "iclip": section}))
    return folder


def change(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads((folder / "config.json").read_text())
    edit(content["iclip"])
    (folder / "config.json").write_text(json.dumps(content))


def test_checkpoint_comes_back(folder: Path, weights: dict[str, torch.Tensor]):
    content = load_checkpoint(folder)
    assert content["state_dict"].keys() == weights.keys()
    for name, tensor in weights.items():
        assert content["state_dict"][name].dtype == tensor.dtype
        assert torch.equal(content["state_dict"][name], tensor)
    assert content["meta"] == {**META, "tokenizer": str(folder)}
    assert read_weights(f"{folder}#a").prefix == "a"


def test_what_another_file_holds_is_not_written_again(folder: Path):
    own = read_weights(folder / OWN_WEIGHTS).tensors
    assert set(own) == {"b", "c", "half"}


@pytest.mark.parametrize("content", ["", "[]", '{"architecture": "x"}', '{"iclip": 3}', "[" * 9999])
def test_other_folders_are_none(tmp_path: Path, content: str):
    assert not is_model_folder(tmp_path)
    (tmp_path / "config.json").write_text(content)
    assert not is_model_folder(tmp_path)


@pytest.mark.parametrize("name", ["theirs.safetensors", OWN_WEIGHTS, "vocabulary.json"])
def test_changed_file_is_damage(folder: Path, name: str):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(ValueError, match=rf"is damaged: {name} does not have the SHA-256"):
        read_model_folder(folder)


def test_missing_file_is_named(folder: Path):
    (folder / OWN_WEIGHTS).unlink()
    with pytest.raises(FileNotFoundError, match=rf"lacks {OWN_WEIGHTS}, which its config.json"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", ""])
def test_file_outside_the_folder_is_refused(folder: Path, name: str):
    change(folder, lambda section: section["files"].update({name: "0"}))
    with pytest.raises(ValueError, match="is refused: it names files outside its folder"):
        read_model_folder(folder)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda s: s.update(layout=2), "is of layout 2, and this version .* reads layout 1"),
        (lambda s: s.update(files=[]), "iclip.files is not a mapping"),
        (lambda s: s.pop("meta"), "is damaged: 'meta'. Fetch it again"),
        (lambda s: s.update(meta=[]), "iclip.meta is not a mapping"),
        (lambda s: s.update(tensors_elsewhere={"a": 3}), "is damaged: .*Fetch it again"),
        (lambda s: s["tensors_elsewhere"].update(a=["config.json", "x"]), "does not list"),
        (lambda s: s["tensors_elsewhere"].update(a=["theirs.safetensors", "no"]), "is damaged"),
    ],
)
def test_damaged_description_is_told(folder: Path, edit: Callable[..., object], told: str):
    change(folder, edit)
    with pytest.raises(ValueError, match=told):
        read_model_folder(folder)


def test_files_are_listed_for_who_fetches_them(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    assert set(files_of(config, "x")) == {"theirs.safetensors", OWN_WEIGHTS, "vocabulary.json"}
