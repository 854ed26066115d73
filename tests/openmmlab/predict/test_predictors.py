"""A config's task decides what predicts, not the name of its model's class."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import mmaction
import mmdet
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.commands import predict as command
from iclip.commands.command_line import main
from iclip.openmmlab.predict.inputs import InputFile
from iclip.openmmlab.predict.prediction import predict_files
from iclip.openmmlab.predict.predictors import Predictor, build_predictor, number_of_classes
from iclip.openmmlab.predict.values import class_shares

from mmaction.registry import MODELS as ACTION_MODELS  # isort: skip
from mmdet.registry import MODELS as DETECTION_MODELS  # isort: skip

MODELS = {
    "mask": "mask_rcnn/mask-rcnn_r50_fpn_1x_coco",
    "cascade": "cascade_rcnn/cascade-rcnn_r50_fpn_1x_coco",
    "retina": "retinanet/retinanet_r50_fpn_1x_coco",
    "panoptic": "mask2former/mask2former_r50_8xb2-lsj-50e_coco-panoptic",
}
TSN = "recognition/tsn/tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb"


@pytest.fixture(autouse=True)
def scope_is_restored() -> Iterator[None]:
    """The inferencers set mmengine's global default scope."""
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)


def detector_config(name: str) -> Config:
    cfg = Config.fromfile(Path(mmdet.__file__).parent / f".mim/configs/{MODELS[name]}.py")
    for step in cfg.test_dataloader.dataset.pipeline:
        if step["type"] == "Resize":
            step["scale"] = (96, 96)
    cfg.test_evaluator = dict(type="CocoMetric")  # without files
    limits = cfg.model.test_cfg.get("rcnn") or cfg.model.test_cfg
    limits.update(score_thr=0.0, max_per_img=3)
    return cfg


def save_weights(cfg: Config, registry: Any, scope: str, path: Path) -> Path:
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(scope):
        model = registry.build(cfg.model)
    torch.save({"state_dict": model.state_dict(), "meta": {}}, path)
    return path


def photo(path: Path, height: int = 64, width: int = 96) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def predict(cfg: Config, checkpoint: Path, file: Path, out: Path) -> dict[str, Any]:
    predictor = build_predictor(cfg, checkpoint, "cpu", 0.0)
    outcome = predict_files(predictor, [InputFile(file, "a")], out, report=lambda line: None)
    assert not outcome.failed
    return outcome.records["a.jpg"]


@pytest.mark.parametrize("name", ["mask", "cascade", "retina"])
def test_other_detectors_predict_boxes(name: str, tmp_path: Path):
    cfg = detector_config(name)
    checkpoint = save_weights(cfg, DETECTION_MODELS, "mmdet", tmp_path / "a.pth")
    record = predict(cfg, checkpoint, photo(tmp_path / "a.png"), tmp_path / "out")
    assert len(record["boxes"]) == len(record["labels"]) > 0
    # The file does not say what the classes are called, so they are not COCO's.
    assert {int(label.removeprefix("class ")) for label in record["labels"]} <= set(range(80))
    assert ("masks" in record) == (name == "mask")
    for code in record.get("masks", []):
        assert code["size"] == [64, 96]
        assert isinstance(code["counts"], str)


def test_panoptic_segmenter_predicts_shares(tmp_path: Path):
    cfg = detector_config("panoptic")
    cfg.model.test_cfg.instance_on = False
    checkpoint = save_weights(cfg, DETECTION_MODELS, "mmdet", tmp_path / "a.pth")
    record = predict(cfg, checkpoint, photo(tmp_path / "a.png"), tmp_path / "out")
    assert 0 <= sum(record["shares"]) <= 1.001
    assert (tmp_path / "out/a.jpg").is_file()


def test_recogniser_of_images_predicts_classes(tmp_path: Path):
    """TSN is a Recognizer2D, and its config reads videos through decord."""
    cfg = Config.fromfile(Path(mmaction.__file__).parent / f".mim/configs/{TSN}.py")
    for step in cfg.test_dataloader.dataset.pipeline:
        if step["type"] == "SampleFrames":
            step["num_clips"] = 2
    checkpoint = save_weights(cfg, ACTION_MODELS, "mmaction", tmp_path / "a.pth")
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height = 64, 48
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    record = predict(cfg, checkpoint, tmp_path / "a.mp4", tmp_path / "out")
    assert len(record["labels"]) == 5
    assert not any(label.startswith("class ") for label in record["labels"])


def toy_predictor(task: str, folder: Path) -> Predictor:
    from mmseg.registry import MODELS as SEGMENTATION_MODELS

    cfg = Config.fromfile(f"downstream/toy/{task}_scratch.py")
    registry, scope = SEGMENTATION_MODELS, "mmseg"
    if task == "lvis_frcnn":
        cfg.test_evaluator.ann_file = "absent.json"
        registry, scope = DETECTION_MODELS, "mmdet"
    return build_predictor(cfg, save_weights(cfg, registry, scope, folder / "a.pth"), "cpu", 0.0)


@pytest.mark.parametrize("task", ["lvis_frcnn", "ade20k_maskformer"])
def test_strips_are_predicted_on_or_named(task: str, tmp_path: Path):
    predictor = toy_predictor(task, tmp_path)
    sizes = {"point": (1, 1), "low": (16, 300), "strip": (3000, 2)}
    files = [
        InputFile(photo(tmp_path / f"{name}.png", *size), name) for name, size in sizes.items()
    ]
    outcome = predict_files(predictor, files, tmp_path / "out", report=lambda line: None)
    assert set(outcome.records) == {"point.jpg", "low.jpg"}
    (told,) = outcome.failed.values()
    assert told.startswith("the config's pipeline cannot take an image of 2 x 3000 pixels: OpenCV")
    with Image.open(tmp_path / "out/low.jpg") as picture:
        assert max(picture.size) <= 2 * 4096


def test_model_that_does_not_say_its_classes_is_named():
    with pytest.raises(
        ValueError, match=r"model\.type='Linear' says its number of classes in none"
    ):
        number_of_classes(torch.nn.Linear(1, 1))


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


def test_shares_of_classes():
    """Two, three and one pixels; the last is of no class."""
    labels = torch.tensor([[[0, 0, 1], [1, 1, 9]]])
    assert class_shares(labels, ["sky", "sea"]) == {
        "labels": ["sea", "sky"], "shares": [0.5, 0.3333],
    }  # fmt: skip


@pytest.fixture
def command_line(tmp_path: Path) -> list[str]:
    cfg = Config.fromfile("downstream/toy/lvis_frcnn_scratch.py")
    checkpoint = save_weights(cfg, DETECTION_MODELS, "mmdet", tmp_path / "det.pth")
    (tmp_path / "in").mkdir()
    photo(tmp_path / "in/a.png")
    photo(tmp_path / "in/b.png")
    arguments = ["downstream/toy/lvis_frcnn_scratch.py", str(checkpoint), str(tmp_path / "in")]
    return [*arguments, "--out", str(tmp_path / "out"), "--device", "cpu"]


def test_exit_code_says_that_files_failed(command_line: list[str], tmp_path: Path, capsys):
    (tmp_path / "in/c.jpg").write_bytes(b"")
    assert main(command, command_line) == 2
    told = capsys.readouterr()
    assert "2 pictures: " in told.out
    assert f"1 of 3 files failed: {tmp_path / 'in/c.jpg'} (the file is empty)" in told.err
    (tmp_path / "in/c.jpg").unlink()
    assert main(command, command_line) == 0
    assert "2 of the files were done before" in capsys.readouterr().out
    assert main(command, [*command_line, "--score-threshold", "0.5"]) == 2
    assert "score_threshold 0.3, now 0.5" in capsys.readouterr().err


def test_interrupted_command_says_how_to_go_on(command_line: list[str], monkeypatch, capsys):
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("iclip.openmmlab.predict.prediction.predict_files", interrupted)
    assert main(command, command_line) == 130
    assert "what is complete (predictions.jsonl). The same command does" in capsys.readouterr().err


def test_stretch_of_no_length_is_refused(command_line: list[str], capsys):
    assert main(command, [*command_line, "--every", "0"]) == 2
    assert "--every 0.0: give seconds above 0" in capsys.readouterr().err
