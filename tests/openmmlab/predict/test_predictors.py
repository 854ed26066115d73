"""What predictors record and draw, on models with random weights; a config's task chooses them."""

import json
from pathlib import Path
from typing import Any

import av
import mmaction
import mmdet
import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict.inputs import InputFile
from iclip.openmmlab.predict.predict_files import Outcome, predict_files
from iclip.openmmlab.predict.predictors import Predictor, build_predictor, number_of_classes
from iclip.toy.kinetics import MOTIONS
from tests.support.random_weights import save_random_weights
from tests.support.video_files import write_lighter_and_lighter

MODELS = {
    "mask": "mask_rcnn/mask-rcnn_r50_fpn_1x_coco",
    "cascade": "cascade_rcnn/cascade-rcnn_r50_fpn_1x_coco",
    "retina": "retinanet/retinanet_r50_fpn_1x_coco",
    "panoptic": "mask2former/mask2former_r50_8xb2-lsj-50e_coco-panoptic",
}
TSN = "recognition/tsn/tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb"
TASKS = ("lvis_frcnn", "ade20k_maskformer", "k400_video_swin")


def toy_config(task: str) -> Config:
    cfg = Config.fromfile(f"downstream/toy/{task}_scratch.py")
    cfg.test_dataloader.dataset.ann_file = "absent.json"
    if task == "lvis_frcnn":
        cfg.test_evaluator.ann_file = "absent.json"
    return cfg


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each toy model with random weights."""
    import iclip.openmmlab.video.swin  # noqa: F401

    folder = tmp_path_factory.mktemp("checkpoints")
    return {task: save_random_weights(toy_config(task), folder / f"{task}.pth") for task in TASKS}


def write_noise(path: Path, height: int = 96, width: int = 116) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def predict_on(predictor: Predictor, files: list[Path], out: Path, **settings: Any) -> Outcome:
    inputs = [InputFile(file, file.stem) for file in files]
    return predict_files(predictor, inputs, out, report=lambda line: None, **settings)


def without_source(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("file", "seconds")}


def picture_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_boxes_are_recorded_in_the_images_pixels(checkpoints: dict[str, Path], tmp_path: Path):
    predictor = build_predictor(toy_config("lvis_frcnn"), checkpoints["lvis_frcnn"], "cpu", 0.0)
    file = write_noise(tmp_path / "a.png")
    records = predict_on(predictor, [file], tmp_path / "out").records
    record = records["a.jpg"]
    assert record["labels"]
    assert record["labels"][0].startswith("class ")
    boxes = np.array(record["boxes"])
    assert len(boxes) == len(record["scores"]) == len(record["labels"])
    assert boxes.min() >= 0
    assert boxes[:, [0, 2]].max() <= 116
    assert boxes[:, [1, 3]].max() <= 96
    # Enlarged by a whole number, to be read.
    assert picture_size(tmp_path / "out/a.jpg") == (116 * 7, 96 * 7)
    assert json.loads((tmp_path / "out/predictions.json").read_text()) == records
    none = build_predictor(toy_config("lvis_frcnn"), checkpoints["lvis_frcnn"], "cpu", 1.0)
    found = predict_on(none, [file], tmp_path / "none").records["a.jpg"]
    assert without_source(found) == {"labels": [], "scores": [], "boxes": []}


def test_masks_cover_the_image(checkpoints: dict[str, Path], tmp_path: Path):
    predictor = build_predictor(toy_config("ade20k_maskformer"), checkpoints["ade20k_maskformer"])
    file = write_noise(tmp_path / "a.png")
    record = predict_on(predictor, [file], tmp_path).records["a.jpg"]
    assert sum(record["shares"]) == pytest.approx(1, abs=1e-3)
    assert record["shares"] == sorted(record["shares"], reverse=True)
    assert set(record["labels"]) <= {*toy_config("ade20k_maskformer").classes}
    assert picture_size(tmp_path / "a.jpg") == (2 * 116 * 7, 96 * 7)


def test_clips_have_their_likeliest_classes(checkpoints: dict[str, Path], tmp_path: Path):
    cfg = toy_config("k400_video_swin")
    cfg.test_dataloader.dataset.ann_file = str(tmp_path / "val.txt")
    (tmp_path / "labels.txt").write_text("\n".join(MOTIONS) + "\n")
    predictor = build_predictor(cfg, checkpoints["k400_video_swin"])
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=40)
    record = predict_on(predictor, [clip], tmp_path).records["clip.jpg"]
    assert len(record["labels"]) == 5
    assert set(record["labels"]) <= set(MOTIONS)
    assert record["scores"] == sorted(record["scores"], reverse=True)
    assert 0 < sum(record["scores"]) <= 1.001


def test_frames_of_a_video_are_segmented(checkpoints: dict[str, Path], tmp_path: Path):
    predictor = build_predictor(toy_config("ade20k_maskformer"), checkpoints["ade20k_maskformer"])
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=24, rate=8)
    records = predict_on(predictor, [clip], tmp_path, every=1.0).records
    assert [record["seconds"] for record in records.values()] == [0.0, 1.0, 2.0]
    assert list(records) == [f"clip_000{second}.00s.jpg" for second in range(3)]


def test_weights_of_another_model_are_refused(checkpoints: dict[str, Path], tmp_path: Path):
    with pytest.raises(ValueError, match=r"(?s)lvis_frcnn\.pth does not fit the config.*missing"):
        build_predictor(toy_config("ade20k_maskformer"), checkpoints["lvis_frcnn"])
    with pytest.raises(ValueError, match="config of pre-training predicts neither boxes"):
        build_predictor(Config.fromfile("configs/micro/iclip.py"), checkpoints["lvis_frcnn"])


def detector_config(name: str) -> Config:
    cfg = Config.fromfile(Path(mmdet.__file__).parent / f".mim/configs/{MODELS[name]}.py")
    for step in cfg.test_dataloader.dataset.pipeline:
        if step["type"] == "Resize":
            step["scale"] = (96, 96)
    cfg.test_evaluator = dict(type="CocoMetric")  # without files
    limits = cfg.model.test_cfg.get("rcnn") or cfg.model.test_cfg
    limits.update(score_thr=0.0, max_per_img=3)
    return cfg


def predict_with(cfg: Config, checkpoint: Path, file: Path, out: Path) -> dict[str, Any]:
    predictor = build_predictor(cfg, checkpoint, "cpu", 0.0)
    outcome = predict_files(predictor, [InputFile(file, "a")], out, report=lambda line: None)
    assert not outcome.failed
    return outcome.records["a.jpg"]


@pytest.mark.parametrize("name", ["mask", "cascade", "retina"])
def test_other_detectors_predict_boxes(name: str, tmp_path: Path):
    cfg = detector_config(name)
    checkpoint = save_random_weights(cfg, tmp_path / "a.pth")
    record = predict_with(
        cfg, checkpoint, write_noise(tmp_path / "a.png", 64, 96), tmp_path / "out"
    )
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
    checkpoint = save_random_weights(cfg, tmp_path / "a.pth")
    record = predict_with(
        cfg, checkpoint, write_noise(tmp_path / "a.png", 64, 96), tmp_path / "out"
    )
    assert 0 <= sum(record["shares"]) <= 1.001
    assert (tmp_path / "out/a.jpg").is_file()


def test_recognizer_of_images_predicts_classes(tmp_path: Path):
    """TSN is a Recognizer2D, and its config reads videos through decord."""
    cfg = Config.fromfile(Path(mmaction.__file__).parent / f".mim/configs/{TSN}.py")
    for step in cfg.test_dataloader.dataset.pipeline:
        if step["type"] == "SampleFrames":
            step["num_clips"] = 2
    checkpoint = save_random_weights(cfg, tmp_path / "a.pth")
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height = 64, 48
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    record = predict_with(cfg, checkpoint, tmp_path / "a.mp4", tmp_path / "out")
    assert len(record["labels"]) == 5
    assert not any(label.startswith("class ") for label in record["labels"])


@pytest.mark.parametrize("task", ["lvis_frcnn", "ade20k_maskformer"])
def test_strips_are_predicted_on_or_named(task: str, tmp_path: Path):
    checkpoint = save_random_weights(toy_config(task), tmp_path / "a.pth")
    predictor = build_predictor(toy_config(task), checkpoint, "cpu", 0.0)
    sizes = {"point": (1, 1), "low": (16, 300), "strip": (3000, 2)}
    files = [
        InputFile(write_noise(tmp_path / f"{name}.png", *size), name)
        for name, size in sizes.items()
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
