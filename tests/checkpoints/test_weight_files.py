"""Each kind of file and folder is read, and what was taken of it is said."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from safetensors.torch import save_file

from iclip.checkpoints import read_weights, weights_exist
from iclip.engine.start.preflight import checkpoint_problems
from tests.checkpoints.weights_in_parts import TABLE, network, save, value


def test_choice_is_stated_with_the_way_to_the_other(tmp_path: Path):
    file = save(tmp_path / "a.pth", model=network(1), model_ema=network(2))
    told = f"{file}: took 'model'; it also holds model_ema (take it with {file}#model_ema)"
    assert read_weights(file).choice() == told


def test_average_without_trained_weights_is_stated(tmp_path: Path):
    file = save(tmp_path / "a.pth", model_ema=network(2))
    assert read_weights(file).choice() == f"{file}: took 'model_ema', an average over the training"


def test_skipped_entries_are_stated(tmp_path: Path):
    file = save(tmp_path / "a.pth", **network(1), args=argparse.Namespace(a=1))
    assert read_weights(file).choice() == (
        f"{file}: skipped entries that are not tensors: argparse.Namespace"
    )


def test_nothing_is_stated_where_all_was_taken(tmp_path: Path):
    assert read_weights(save(tmp_path / "a.pth", model=network(1), epoch=3)).choice() == ""


def test_file_name_may_contain_the_number_sign(tmp_path: Path):
    file = save(tmp_path / "run#3.pth", model=network(1), model_ema=network(2))
    assert value(file) == 1
    assert value(f"{file}#model_ema") == 2


def test_file_that_was_made_to_run_code_is_refused(tmp_path: Path):
    class Runs:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {tmp_path / 'mark'}",)

    file = save(tmp_path / "a.pth", model=network(1), args=Runs())
    with pytest.raises(ValueError, match=r"a\.pth is refused: it names posix\.system, which runs"):
        read_weights(file)
    assert not (tmp_path / "mark").exists()


def test_absent_file_is_named_beside_its_neighbors(tmp_path: Path):
    save(tmp_path / "b.pth", model=network(1))
    with pytest.raises(FileNotFoundError, match=r"a\.pth does not exist; its folder has b\.pth"):
        read_weights(tmp_path / "a.pth#model_ema")


def shards(folder: Path) -> Path:
    save_file({TABLE: torch.ones(1, 1)}, folder / "model-1.safetensors")
    save_file({"norm.weight": torch.ones(2)}, folder / "model-2.safetensors")
    places = {TABLE: "model-1.safetensors", "norm.weight": "model-2.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    return index


@pytest.mark.parametrize("as_folder", [True, False], ids=["folder", "index"])
def test_shards_are_joined(as_folder: bool, tmp_path: Path):
    index = shards(tmp_path)
    assert read_weights(tmp_path if as_folder else index).tensors.keys() == network(1).keys()


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_folder_of_transformers_is_read(name: str, tmp_path: Path):
    if name.endswith("bin"):
        torch.save(network(1), tmp_path / name)
    else:
        save_file(network(1), tmp_path / name)
    assert value(tmp_path) == 1


def test_missing_shard_is_named(tmp_path: Path):
    index = shards(tmp_path)
    (tmp_path / "model-2.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"lists 2 files, of which 1 are not.*model-2"):
        read_weights(index)


def test_tensor_that_no_shard_holds_is_named(tmp_path: Path):
    index = shards(tmp_path)
    save_file({"other": torch.ones(2)}, tmp_path / "model-2.safetensors")
    with pytest.raises(ValueError, match=r"1 tensor that its files do not hold: norm\.weight"):
        read_weights(index)


def test_shards_outside_the_folder_are_not_read(tmp_path: Path):
    (tmp_path / "inside").mkdir()
    save_file(network(1), tmp_path / "secret.safetensors")
    index = tmp_path / "inside/model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {TABLE: "../secret.safetensors"}}))
    with pytest.raises(FileNotFoundError, match=r"secret\.safetensors. Download"):
        read_weights(index)


@pytest.mark.parametrize("content", ["[]", "{}", "{", '{"weight_map": {"a": 1}}'])
def test_file_that_is_not_an_index_is_named(content: str, tmp_path: Path):
    (tmp_path / "a.index.json").write_text(content)
    with pytest.raises(ValueError, match=r"a\.index\.json is not an index of weights"):
        read_weights(tmp_path / "a.index.json")


def test_folder_without_weights_names_the_files_it_may_hold(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"holds none of model\.safetensors.*Name the file"):
        read_weights(tmp_path)


def test_truncated_safetensors_file_is_named(tmp_path: Path):
    save_file(network(1), tmp_path / "a.safetensors")
    content = (tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(content[:-2])
    with pytest.raises(ValueError, match=r"a\.safetensors is truncated or damaged.*again"):
        read_weights(tmp_path / "a.safetensors")


def test_preflight_knows_the_names_of_parts(tmp_path: Path):
    file = save(tmp_path / "a.pth", model=network(1), model_ema=network(2))
    for name, absent in ((f"{file}#model_ema", False), (f"{file}x#model_ema", True)):
        cfg = Config(dict(model=dict(backbone=dict(checkpoint=name))))
        assert bool(checkpoint_problems(cfg)) == absent


def test_weights_exist_if_the_file_or_folder_does(tmp_path: Path):
    file = save(tmp_path / "a.pth", model=network(1))
    assert [weights_exist(p) for p in (file, f"{file}#model", tmp_path, "no.pth#model")] == [
        True, True, True, False,
    ]  # fmt: skip
