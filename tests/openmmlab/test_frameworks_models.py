"""The frameworks' own models, from their own configs: one training step and one prediction."""

from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hub import get_config
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import InstanceData, PixelData

import iclip.openmmlab  # noqa: F401  (before the frameworks)

import mmseg.models  # noqa: F401  # isort: skip
from mmaction.structures import ActionDataSample  # isort: skip
from mmdet.structures import DetDataSample  # isort: skip
from mmdet.structures.mask import BitmapMasks  # isort: skip
from mmseg.structures import SegDataSample  # isort: skip

SIDE = 64


def build(name: str, **changes: Any) -> torch.nn.Module:
    """A model of a packaged config, without downloads."""
    cfg: Config = get_config(name, pretrained=False)
    model = cfg.model
    for part in (model, model.get("backbone", {})):
        part.pop("init_cfg", None)
        part.pop("pretrained", None)
    for key, value in changes.items():
        node = model
        *path, last = key.split(".")
        for step in path:
            node = node[step]
        node[last] = value
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(name.split("::")[0]):
        return MODELS.build(model)


def step(model: torch.nn.Module, data: dict[str, Any], scope: str) -> Any:
    """Losses with gradients that are finite, then the prediction."""
    with DefaultScope.overwrite_default_scope(scope):
        model.train()
        batch = model.data_preprocessor(data, training=True)
        losses = model(**batch, mode="loss")
        total = sum(
            value.sum() if isinstance(value, torch.Tensor) else sum(v.sum() for v in value)
            for name, value in losses.items()
            if "loss" in name
        )
        total.backward()
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        assert gradients
        assert torch.isfinite(total)
        assert all(torch.isfinite(gradient).all() for gradient in gradients)
        model.eval()
        with torch.no_grad():
            return model(**model.data_preprocessor(data, training=False), mode="predict")


def scene() -> dict[str, Any]:
    """One image with two boxes and their masks."""
    sample = DetDataSample()
    sample.set_metainfo(
        dict(img_shape=(SIDE, SIDE), ori_shape=(SIDE, SIDE), scale_factor=(1.0, 1.0),
             pad_shape=(SIDE, SIDE), batch_input_shape=(SIDE, SIDE))
    )  # fmt: skip
    masks = np.zeros((2, SIDE, SIDE), dtype=np.uint8)
    masks[0, 4:30, 4:30] = masks[1, 20:60, 30:60] = 1
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor([[4.0, 4, 30, 30], [30, 20, 60, 60]]),
        labels=torch.tensor([1, 3]),
        masks=BitmapMasks(masks, SIDE, SIDE),
    )
    sample.gt_sem_seg = PixelData(sem_seg=torch.full((1, SIDE, SIDE), 255, dtype=torch.int64))
    return {"inputs": [torch.randint(0, 256, (3, SIDE, SIDE), dtype=torch.uint8)],
            "data_samples": [sample]}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py", {}),
        ("mmdet::mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py", {}),
        # Masks compared at sampled points, and in its pixel decoder deformable attention.
        (
            "mmdet::mask2former/mask2former_r50_8xb2-lsj-50e_coco.py",
            {
                "panoptic_head.num_queries": 8,
                "panoptic_head.pixel_decoder.encoder.num_layers": 1,
                "panoptic_head.transformer_decoder.num_layers": 1,
                "train_cfg.num_points": 256,
                "test_cfg.max_per_image": 4,
            },
        ),
    ],
)
def test_detectors_train_and_predict_boxes(name: str, changes: dict[str, Any]):
    model = build(name, **changes)
    (prediction,) = step(model, scene(), "mmdet")
    found = prediction.pred_instances
    assert found.bboxes.shape == (len(found), 4)
    assert len(found) == 0 or found.scores.max() <= 1
    if "mask" in name.split("/")[1]:
        assert found.masks.shape[1:] == (SIDE, SIDE)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mmseg::maskformer/maskformer_r50-d32_8xb2-160k_ade20k-512x512.py", {}),
        (
            "mmseg::swin/swin-tiny-patch4-window7-in1k-pre_upernet_8xb2-160k_ade20k-512x512.py",
            {"decode_head.channels": 32, "auxiliary_head.channels": 32},
        ),
    ],
)
def test_segmenters_train_and_predict_maps(name: str, changes: dict[str, Any]):
    model = build(name, **changes)
    # Batch norm of one image's pooled vector has no variance: two images.
    data: dict[str, Any] = {"inputs": [], "data_samples": []}
    for _ in range(2):
        sample = SegDataSample()
        sample.set_metainfo(dict(img_shape=(SIDE, SIDE), ori_shape=(SIDE, SIDE)))
        labels = torch.zeros(1, SIDE, SIDE, dtype=torch.int64)
        labels[:, 20:40, 10:50] = 7
        sample.gt_sem_seg = PixelData(data=labels)
        data["inputs"].append(torch.randint(0, 256, (3, SIDE, SIDE), dtype=torch.uint8))
        data["data_samples"].append(sample)
    predictions = step(model, data, "mmseg")
    assert predictions[0].pred_sem_seg.data.shape == (1, SIDE, SIDE)
    assert predictions[0].pred_sem_seg.data.max() < 150


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("mmaction::recognition/tsn/tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb.py",
         (3, 3, SIDE, SIDE)),
        ("mmaction::recognition/swin/"
         "swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py",
         (1, 3, 8, SIDE, SIDE)),
    ],
)  # fmt: skip
def test_recognizers_train_and_predict_scores(name: str, shape: tuple[int, ...]):
    model = build(name)
    sample = ActionDataSample()
    sample.set_gt_label(5)
    data = {"inputs": [torch.randint(0, 256, shape, dtype=torch.uint8)], "data_samples": [sample]}
    (prediction,) = step(model, data, "mmaction")
    assert prediction.pred_score.shape == (400,)
    assert prediction.pred_score.sum() == pytest.approx(1, abs=1e-4)
