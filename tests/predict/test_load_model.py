"""A model is loaded from its file alone, and what the file names is not run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iclip.openmmlab.predict.predictors import build_predictor
from iclip.predict.load_model import choose_device, load_model
from iclip.predict.trained_model import TrainedModel
from tests.support.framework_predictions import TASKS, noise, toy_config
from tests.support.toy_model_files import CLASS_COUNTS, write_toy_model


@pytest.mark.parametrize("task", TASKS)
def test_model_knows_its_task_and_classes(task: str, models: Mapping[str, TrainedModel]):
    model = models[task]
    assert model.task == {"l": "detection", "a": "segmentation", "k": "video"}[task[0]]
    assert model.classes == tuple(f"thing {number}" for number in range(CLASS_COUNTS[task]))
    assert (
        model.config["model"]["type"].rpartition(".")[2]
        == (toy_config(task).model.type.rpartition(".")[2])
    )
    assert (model.figures, model.device) == ({"coco/bbox_mAP": 0.5}, "cpu")
    assert repr(model) == (f"<TrainedModel of {model.task}, {CLASS_COUNTS[task]} classes, on cpu>")


def test_file_and_folder_and_config_give_the_same(
    model_files: Mapping[str, Path], models: Mapping[str, TrainedModel]
):
    file = model_files["lvis_frcnn"]
    (expected,) = build_predictor(toy_config("lvis_frcnn"), file).predict([noise()[..., ::-1]])
    for model in (models["lvis_frcnn"], load_model(str(file.parent), "cpu")):
        found = model.predict(noise(), score_threshold=0)
        np.testing.assert_array_equal(found.boxes, expected.boxes)
        np.testing.assert_array_equal(found.labels, expected.labels)


def test_training_checkpoint_is_loaded(model_files: Mapping[str, Path], tmp_path: Path):
    weights = torch.load(model_files["ade20k_maskformer"], weights_only=True)["state_dict"]
    text = toy_config("ade20k_maskformer").pretty_text
    torch.save({"state_dict": weights, "meta": {"cfg": text, "iter": 3}}, tmp_path / "latest.pth")
    model = load_model(tmp_path / "latest.pth", "cpu")
    assert model.task == "segmentation"
    assert model.classes[0] == "class 0"  # the checkpoint does not name them


def test_names_are_not_looked_up_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A config may name annotations anywhere on the disk."""
    file = write_toy_model(
        "k400_video_swin", tmp_path / "a.pth",
        test_dataloader__dataset__ann_file=str(tmp_path / "list.txt"),
    )  # fmt: skip
    (tmp_path / "labels.txt").write_text("\n".join("abcdefgh") + "\n")
    assert load_model(file, "cpu").classes[0] == "thing 0"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model__type": "os.system"}, "model.type is 'os.system'"),
        ({"model__neck__in_channels": "x"}, "no model can be built as its config describes it"),
        ({"model__roi_head__bbox_head__num_classes": 5}, "does not fit the config"),
    ],
)
def test_description_that_cannot_be_built_is_named(
    changes: dict[str, Any], told: str, tmp_path: Path
):
    file = write_toy_model("lvis_frcnn", tmp_path / "a.pth", **changes)
    with pytest.raises(ValueError, match=rf"a\.pth.*({told})"):
        load_model(file, "cpu")


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"a\.pth does not exist"):
        load_model(tmp_path / "a.pth")


def test_model_of_a_hub_that_cannot_be_reached_is_told():
    with pytest.raises(FileNotFoundError, match="hf-hub:org/name is not in the cache"):
        load_model("hf-hub:org/name")


def test_gpu_that_is_absent_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device(None) == "cpu"
    with pytest.raises(ValueError, match="device='cuda': torch finds no GPU here"):
        choose_device("cuda")
    with pytest.raises(ValueError, match="device='tpu': take 'cpu' or 'cuda'"):
        choose_device("tpu")


def test_gpu_is_taken_if_there_is_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(None) == "cuda" and choose_device("cuda:1") == "cuda:1"
    assert choose_device("cpu") == "cpu"
