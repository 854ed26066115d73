"""The frameworks' own models, from their own configs: one training step and one prediction."""

from typing import Any

import pytest
import torch
from mmengine.registry import DefaultScope

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.made_up_samples import made_up_batch
from tests.support.framework_models import build, training_step

import mmseg.models  # noqa: F401  # isort: skip

SIDE = 64


def step_and_predict(model: torch.nn.Module, data: dict[str, Any], scope: str) -> Any:
    """Return the predictions after a training step, whose losses and gradients must be finite."""
    step = training_step(model, data, scope)
    assert step.gradients
    assert all(torch.isfinite(loss).all() for loss in step.losses.values())
    assert all(torch.isfinite(gradient).all() for gradient in step.gradients.values())
    model.eval()
    with DefaultScope.overwrite_default_scope(scope), torch.no_grad():
        return model(**model.data_preprocessor(data, training=False), mode="predict")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py", {}),
        ("mmdet::mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py", {}),
        # Masks compared at sampled points, and in its pixel decoder deformable attention.
        (
            "mmdet::mask2former/mask2former_r50_8xb2-lsj-50e_coco.py",
            {
                "panoptic_head__num_queries": 8,
                "panoptic_head__pixel_decoder__encoder__num_layers": 1,
                "panoptic_head__transformer_decoder__num_layers": 1,
                "train_cfg__num_points": 256,
                "test_cfg__max_per_image": 4,
            },
        ),
    ],
)
def test_detectors_train_and_predict_boxes(name: str, changes: dict[str, Any]):
    model = build(name, **changes)
    (prediction,) = step_and_predict(model, made_up_batch("detection", (1, 3, SIDE, SIDE)), "mmdet")
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
            {"decode_head__channels": 32, "auxiliary_head__channels": 32},
        ),
    ],
)
def test_segmenters_train_and_predict_maps(name: str, changes: dict[str, Any]):
    model = build(name, **changes)
    # Batch norm of one image's pooled vector has no variance: two images.
    predictions = step_and_predict(model, made_up_batch("segmentation"), "mmseg")
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
    # Otherwise init_weights() looks for a file to inflate.
    model = build(name, **({"backbone__pretrained2d": False} if "swin" in name else {}))
    (prediction,) = step_and_predict(model, made_up_batch("video", (1, *shape)), "mmaction")
    assert prediction.pred_score.shape == (400,)
    assert prediction.pred_score.sum() == pytest.approx(1, abs=1e-4)
