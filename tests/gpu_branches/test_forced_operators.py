"""A training step of one model per operator that no transfer needs."""

from typing import Any

import pytest
import torch
from mmaction.structures import ActionDataSample

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.made_up_samples import detection_sample, segmentation_sample
from tests.gpu_branches.forced_cuda import as_if_on_cuda, counted_operators
from tests.support.framework_models import build, training_step

SMALL = dict(backbone__depth=18, neck__in_channels=[64, 128, 256, 512])


def action_sample() -> tuple[torch.Tensor, Any]:
    clip = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
    return clip, ActionDataSample().set_gt_label(5)


SAMPLES = {"mmdet": detection_sample, "mmseg": segmentation_sample, "mmaction": action_sample}


@pytest.mark.parametrize(
    ("name", "changes", "operator"),
    [
        ("mmdet::dcn/faster-rcnn_r50-dconv-c3-c5_fpn_1x_coco.py", {}, "deform_conv"),
        (
            "mmdet::dcnv2/faster-rcnn_r50-mdconv-c3-c5_fpn_1x_coco.py",
            {},
            "modulated_deform_conv",
        ),
        ("mmdet::dcn/faster-rcnn_r50_fpn_dpool_1x_coco.py", SMALL, "deform_roi_pool"),
        ("mmdet::carafe/faster-rcnn_r50_fpn-carafe_1x_coco.py", SMALL, "carafe"),
        (
            "mmseg::psanet/psanet_r50-d8_4xb2-40k_cityscapes-512x1024.py",
            dict(
                backbone__depth=18,
                decode_head__in_channels=512,
                decode_head__channels=16,
                decode_head__mask_size=(7, 7),
                data_preprocessor__size=(64, 64),
                auxiliary_head__in_channels=256,
                auxiliary_head__channels=16,
            ),
            "psamask",
        ),
        (
            "mmaction::recognition/tin/tin_imagenet-pretrained-r50_8xb6-1x1x8-40e_sthv1-rgb.py",
            dict(backbone__pretrained2d=False),
            "tin_shift",
        ),
    ],
)
def test_model_trains_for_a_step(name: str, changes: dict[str, Any], operator: str):
    scope = name.split("::")[0]
    torch.manual_seed(0)
    samples = [SAMPLES[scope]() for _ in range(2)]
    batch = {"inputs": [x for x, _ in samples], "data_samples": [y for _, y in samples]}
    model = build(name, **changes)
    with as_if_on_cuda(), counted_operators() as calls:
        step = training_step(model, batch, scope)
    called = {found for found in calls if found.startswith(f"{operator}_")}
    assert {f"{operator}_forward"} < called  # and a backward
    assert torch.isfinite(step.losses["loss"])
    assert all(torch.isfinite(gradient).all() for gradient in step.gradients.values())
