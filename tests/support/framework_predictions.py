"""Predictors of the toy models and of the frameworks' own, with random weights."""

from pathlib import Path
from typing import Any

import mmaction
import mmdet
import numpy as np
from mmengine.config import Config
from PIL import Image

import iclip.openmmlab.video.swin  # noqa: F401  (registers the backbone)
from iclip.openmmlab.predict.predictors import build_predictor
from iclip.predict.inputs import InputFile
from iclip.predict.predict_files import Outcome, Predictor, predict_files
from tests.support.random_weights import save_random_weights

DETECTORS = {
    "mask": "mask_rcnn/mask-rcnn_r50_fpn_1x_coco",
    "cascade": "cascade_rcnn/cascade-rcnn_r50_fpn_1x_coco",
    "retina": "retinanet/retinanet_r50_fpn_1x_coco",
    "panoptic": "mask2former/mask2former_r50_8xb2-lsj-50e_coco-panoptic",
}
TSN = "recognition/tsn/tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb"
TASKS = ("lvis_frcnn", "ade20k_maskformer", "k400_video_swin")


def toy_config(task: str) -> Config:
    """The config of a toy transfer, without files."""
    cfg = Config.fromfile(f"downstream/toy/{task}_scratch.py")
    cfg.test_dataloader.dataset.ann_file = "absent.json"
    if task == "lvis_frcnn":
        cfg.test_evaluator.ann_file = "absent.json"
    return cfg


def detector_config(name: str) -> Config:
    """One of mmdet's own configs, for small images."""
    cfg = Config.fromfile(Path(mmdet.__file__).parent / f".mim/configs/{DETECTORS[name]}.py")
    for step in cfg.test_dataloader.dataset.pipeline:
        if step["type"] == "Resize":
            step["scale"] = (96, 96)
    cfg.test_evaluator = dict(type="CocoMetric")  # without files
    limits = cfg.model.test_cfg.get("rcnn") or cfg.model.test_cfg
    limits.update(score_thr=0.0, max_per_img=3)
    return cfg


def tsn_config() -> Config:
    """A recognizer of images, whose config reads videos through decord."""
    cfg = Config.fromfile(Path(mmaction.__file__).parent / f".mim/configs/{TSN}.py")
    for step in cfg.test_dataloader.dataset.pipeline:
        if step["type"] == "SampleFrames":
            step["num_clips"] = 2
    return cfg


def random_predictor(cfg: Config, folder: Path) -> Predictor:
    """A config's predictor with random weights."""
    return build_predictor(cfg, save_random_weights(cfg, folder / "random.pth"))


def noise(height: int = 96, width: int = 116, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_noise(path: Path, height: int = 96, width: int = 116) -> Path:
    Image.fromarray(noise(height, width)).save(path)
    return path


def predict_on(predictor: Predictor, files: list[Path], out: Path, **settings: Any) -> Outcome:
    """Predict on files as the command does."""
    inputs = [InputFile(file, file.stem) for file in files]
    return predict_files(predictor, inputs, out, report=lambda line: None, **settings)


def picture_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size
