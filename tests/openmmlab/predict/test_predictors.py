"""A config's task chooses its predictor."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from mmengine.config import Config
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict.predictors import build_predictor
from iclip.predict.predict_files import Predictor
from tests.support.framework_predictions import predict_on, toy_config, write_noise
from tests.support.random_weights import save_random_weights


def test_weights_of_another_model_are_refused(tmp_path: Path):
    other = save_random_weights(toy_config("lvis_frcnn"), tmp_path / "lvis_frcnn.pth")
    with pytest.raises(ValueError, match=r"(?s)lvis_frcnn\.pth does not fit the config.*missing"):
        build_predictor(toy_config("ade20k_maskformer"), other)
    with pytest.raises(ValueError, match="config of pre-training predicts neither boxes"):
        build_predictor(Config.fromfile("configs/micro/iclip.py"), other)


def test_config_of_the_caller_stays_as_it_is(tmp_path: Path):
    cfg = toy_config("lvis_frcnn")
    before = cfg.pretty_text
    build_predictor(cfg, save_random_weights(toy_config("lvis_frcnn"), tmp_path / "a.pth"))
    assert cfg.pretty_text == before


@pytest.mark.parametrize("task", ["lvis_frcnn", "ade20k_maskformer"])
def test_strips_are_predicted_on_or_named(
    task: str, toy_predictors: Mapping[str, Predictor], tmp_path: Path
):
    sizes = {"point": (1, 1), "low": (16, 300), "strip": (3000, 2)}
    files = [write_noise(tmp_path / f"{name}.png", *size) for name, size in sizes.items()]
    outcome = predict_on(toy_predictors[task], files, tmp_path / "out", score_threshold=0.0)
    assert set(outcome.records) == {"point.jpg", "low.jpg"}
    (told,) = outcome.failed.values()
    assert told.startswith("the config's pipeline cannot take an image of 2 x 3000 pixels: OpenCV")
    with Image.open(tmp_path / "out/low.jpg") as picture:
        assert max(picture.size) <= 2 * 4096


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (dict(model=dict(type="Anything")), "config of no known task predicts neither"),
        (dict(model=dict(type="iclip.ICLIP")), "config of pre-training predicts neither boxes"),
    ],
)
def test_configs_of_no_downstream_task_are_refused(config: dict, told: str, tmp_path: Path):
    with pytest.raises(ValueError, match=told):
        build_predictor(Config(config), tmp_path / "a.pth")
