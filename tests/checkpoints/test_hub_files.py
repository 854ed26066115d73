"""Models of a hub, fetched from a server on the loopback: the same tensors, and clear errors."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save, save_file

from iclip.checkpoints import load_checkpoint, read_weights, weights_exist
from iclip.checkpoints.hub_files import local_path
from iclip.checkpoints.model_folders import write_own_part
from tests.support.hub_server import Hub, Repository

WEIGHTS = {"a": torch.arange(4096.0), "b": torch.ones(2)}


def model_files(folder: Path, value: float = 0.0) -> dict[str, bytes]:
    """The files of a small model; of a timm's kind, only ``a`` is in one of them."""
    folder.mkdir()
    theirs = {"x.a": WEIGHTS["a"]}
    save_file(theirs, folder / "model.safetensors")
    weights = WEIGHTS | {"b": WEIGHTS["b"] + value}
    section = write_own_part(folder, weights, {"iter": 7}, {"model.safetensors": theirs})
    (folder / "config.json").write_text(json.dumps({"iclip": section}))
    (folder / "README.md").write_text("not needed")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def serve(hub: Hub, name: str, *commits: dict[str, bytes], private: bool = False) -> list[str]:
    """Put commits of a repository on the hub; returns their ids."""
    repository = hub.repositories.setdefault(name, Repository(private))
    ids = [repository.commit(files) for files in commits]
    for files in commits:
        for content in files.values():
            hub.objects[hashlib.sha256(content).hexdigest()] = content
    return ids


@pytest.fixture
def served(hub: Hub, tmp_path: Path) -> list[str]:
    """org/model with two commits."""
    return serve(hub, "org/model", model_files(tmp_path / "1"), model_files(tmp_path / "2", 1.0))


def test_other_names_are_paths():
    assert local_path("a/b.pth") == "a/b.pth" and local_path(Path("x")) == Path("x")


def test_checkpoint_is_fetched_once(hub: Hub, served: list[str]):
    first = load_checkpoint("hf-hub:org/model")
    assert torch.equal(first["state_dict"]["a"], WEIGHTS["a"])
    assert first["state_dict"]["b"].tolist() == [2, 2] and first["meta"] == {"iter": 7}
    assert hub.asked["object"] == 2
    assert load_checkpoint(Path("hf-hub:org/model"))["meta"] == {"iter": 7}
    # Asked is only which commit the name stands for.
    assert hub.asked["object"] == 2


def test_revision_and_part_are_taken(hub: Hub, served: list[str]):
    old = read_weights(f"hf-hub:org/model@{served[0]}#a")
    assert old.tensors["b"].tolist() == [1, 1] and old.prefix == "a"
    assert weights_exist(f"hf-hub:org/model@{served[0]}")


def test_what_is_in_the_cache_needs_no_network(
    hub: Hub, served: list[str], monkeypatch: pytest.MonkeyPatch
):
    load_checkpoint("hf-hub:org/model")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    before = sum(hub.asked.values())
    assert load_checkpoint("hf-hub:org/model")["state_dict"]["b"].tolist() == [2, 2]
    assert sum(hub.asked.values()) == before
    with pytest.raises(FileNotFoundError, match=r"org/other is not in the cache.*HF_HUB_OFFLINE"):
        load_checkpoint("hf-hub:org/other")


def test_hub_that_is_not_there_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(FileNotFoundError, match=r"is not in the cache.*127\.0\.0\.1:9 cannot be"):
        load_checkpoint("hf-hub:org/model")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("hf-hub:org/absent", "has no such model, or it is private.*HF_TOKEN"),
        ("hf-hub:org/model@v9", "has this model, but no such revision"),
    ],
)
def test_what_is_not_there_is_told(served: list[str], name: str, told: str):
    with pytest.raises(FileNotFoundError, match=rf"^{name}: .*{told}"):
        load_checkpoint(name)


def test_private_model_is_for_its_owners(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    serve(hub, "org/secret", model_files(tmp_path / "1"), private=True)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(FileNotFoundError, match=r"private.*set HF_TOKEN to a token"):
        load_checkpoint("hf-hub:org/secret")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(PermissionError, match=r"refuses .401.*check that HF_TOKEN"):
        load_checkpoint("hf-hub:org/secret")


def test_download_that_ends_early_leaves_nothing(hub: Hub, served: list[str]):
    hub.cut = True
    with pytest.raises(OSError, match=r"^hf-hub:org/model: the exchange .* broke off"):
        load_checkpoint("hf-hub:org/model")
    snapshots = list(Path(constants.HF_HUB_CACHE).rglob("snapshots/*/*.safetensors"))
    assert not snapshots
    hub.cut = False
    assert load_checkpoint("hf-hub:org/model")["meta"] == {"iter": 7}


def test_altered_file_of_the_hub_is_refused(hub: Hub, tmp_path: Path):
    files = model_files(tmp_path / "1")
    files["model.safetensors"] = save({"x.a": WEIGHTS["a"] + 1})
    serve(hub, "org/altered", files)
    with pytest.raises(ValueError, match=r"model\.safetensors does not have the SHA-256"):
        load_checkpoint("hf-hub:org/altered")


def test_model_that_names_foreign_files_is_refused(hub: Hub, tmp_path: Path):
    files = model_files(tmp_path / "1")
    config: Any = json.loads(files["config.json"])
    config["iclip"]["files"]["../../../.bashrc"] = "0"
    serve(hub, "org/evil", files | {"config.json": json.dumps(config).encode()})
    with pytest.raises(ValueError, match="is refused: it names files outside its folder"):
        load_checkpoint("hf-hub:org/evil")


def test_weights_of_another_library_are_read(hub: Hub, tmp_path: Path):
    timm = {
        "config.json": b'{"architecture": "x"}',
        "model.safetensors": save({"x": torch.ones(2)}),
    }
    index = json.dumps({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}).encode()
    shards = {
        "1.safetensors": save({"a": torch.ones(1)}),
        "2.safetensors": save({"b": torch.ones(1)}),
    }
    serve(hub, "timm/one", timm)
    serve(hub, "big/many", shards | {"model.safetensors.index.json": index})
    serve(hub, "org/none", {"README.md": b"nothing"})
    assert set(read_weights("hf-hub:timm/one").tensors) == {"x"}
    assert set(read_weights("hf-hub:big/many").tensors) == {"a", "b"}
    with pytest.raises(FileNotFoundError, match=r"hf-hub:org/none holds none of config.json"):
        read_weights("hf-hub:org/none")
    with pytest.raises(ValueError, match="hf-hub:timm/one is not a model of this hub"):
        load_checkpoint("hf-hub:timm/one")


def test_cache_that_was_cleared_is_filled_again(hub: Hub, served: list[str]):
    load_checkpoint("hf-hub:org/model")
    shutil.rmtree(constants.HF_HUB_CACHE)
    assert load_checkpoint("hf-hub:org/model")["meta"] == {"iter": 7}
