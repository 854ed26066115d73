"""The file whose SHA-256 names the weights of a checkpoint."""

import hashlib
from pathlib import Path

import pytest

from iclip.checkpoints import identifying_file
from tests.support.hub_server import Hub, Repository


def serve(hub: Hub, files: dict[str, bytes]) -> None:
    hub.repositories["org/name"] = Repository()
    hub.repositories["org/name"].commit(files)
    hub.objects.update({hashlib.sha256(content).hexdigest(): content for content in files.values()})


def test_file_names_itself_and_a_folder_its_config(tmp_path: Path):
    (tmp_path / "a.pth").touch()
    (tmp_path / "config.json").write_text('{"iclip": {}}')
    assert identifying_file(str(tmp_path / "a.pth")) == tmp_path / "a.pth"
    assert identifying_file(tmp_path) == tmp_path / "config.json"


def test_model_of_a_hub_is_named_by_its_config(hub: Hub):
    content = b'{"iclip": {"layout": 1, "files": {}}}'
    serve(hub, {"config.json": content})
    assert identifying_file("hf-hub:org/name").read_bytes() == content


def test_what_is_no_checkpoint_is_said(hub: Hub, tmp_path: Path):
    serve(hub, {"config.json": b"{}", "model.safetensors": b"x"})
    with pytest.raises(ValueError, match=r"^hf-hub:org/name is not a model of this hub"):
        identifying_file("hf-hub:org/name")
    with pytest.raises(FileNotFoundError, match=r"is a folder; it holds none \(\*\.pth\)"):
        identifying_file(tmp_path)
    (tmp_path / "best.pth").touch()
    with pytest.raises(FileNotFoundError, match=r"is a folder; name one of best\.pth"):
        identifying_file(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"absent\.pth does not exist; its folder has best"):
        identifying_file(tmp_path / "absent.pth")
