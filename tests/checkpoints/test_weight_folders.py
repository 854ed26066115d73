"""Which file of a folder holds the weights."""

from pathlib import Path

import pytest

from iclip.checkpoints.weight_folders import file_of_folder, files_of_index


def test_safetensors_go_before_pickles(tmp_path: Path):
    for name in ("pytorch_model.bin", "open_clip_model.safetensors"):
        (tmp_path / name).touch()
    assert file_of_folder(tmp_path).name == "open_clip_model.safetensors"
    (tmp_path / "model.safetensors.index.json").touch()
    assert file_of_folder(tmp_path).name == "model.safetensors.index.json"


def test_folder_without_weights_is_told(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"holds none of model\.safetensors\.index\.json"):
        file_of_folder(tmp_path)


def test_index_cannot_lead_out_of_its_folder(tmp_path: Path):
    index = tmp_path / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "../../x.safetensors"}}')
    assert files_of_index(index) == {"a": "x.safetensors"}
    index.write_text('{"weight_map": 3}')
    with pytest.raises(ValueError, match="is not an index of weights"):
        files_of_index(index)
