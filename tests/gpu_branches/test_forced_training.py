"""A training step of each model with a GPU's operators equals the step with a CPU's."""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.made_up_samples import detection_sample, made_up_batch
from iclip.openmmlab.trial_step import small_model
from tests.gpu_branches.forced_cuda import as_if_on_cuda, counted_operators
from tests.support.framework_models import Step, build, training_step

R18 = dict(backbone__depth=18)
FOCAL = ("sigmoid_focal_loss_forward", "sigmoid_focal_loss_backward")
ATTENTION = ("ms_deform_attn_forward", "ms_deform_attn_backward")
ROI_ALIGN = ("nms", "roi_align_forward", "roi_align_backward")


def retinanet() -> nn.Module:
    return build("mmdet::retinanet/retinanet_r18_fpn_1x_coco.py")


def mask2former() -> nn.Module:
    return build(
        "mmdet::mask2former/mask2former_r50_8xb2-lsj-50e_coco.py",
        **R18,
        panoptic_head__in_channels=[64, 128, 256, 512],
        panoptic_head__num_queries=8,
        panoptic_head__pixel_decoder__encoder__num_layers=1,
        panoptic_head__transformer_decoder__num_layers=1,
        train_cfg__num_points=256,
        data_preprocessor__batch_augments=None,  # which pad to 1024 pixels
    )


def dino() -> nn.Module:
    return build(
        "mmdet::dino/dino-4scale_r50_8xb2-12e_coco.py",
        **R18,
        neck__in_channels=[128, 256, 512],
        num_queries=20,
        encoder__num_layers=1,
        decoder__num_layers=1,
        dn_cfg__group_cfg__num_dn_queries=10,
    )


def detection_batch() -> dict[str, Any]:
    inputs, sample = detection_sample()
    return {"inputs": [inputs], "data_samples": [sample]}


def step_both_ways(
    model: nn.Module, batch: dict[str, Any], scope: str
) -> tuple[Step, Step, Counter[str], Counter[str]]:
    """Return the step as on a CPU and as on a GPU, and the operators that each called."""
    with counted_operators() as plain_calls:
        plain = training_step(model, copy.deepcopy(batch), scope)
    with as_if_on_cuda(), counted_operators() as forced_calls:
        forced = training_step(model, copy.deepcopy(batch), scope)
    return plain, forced, plain_calls, forced_calls


def assert_same(plain: Step, forced: Step) -> None:
    torch.testing.assert_close(forced.losses, plain.losses, rtol=1e-5, atol=1e-6)
    assert forced.gradients.keys() == plain.gradients.keys()
    for name, gradient in plain.gradients.items():
        error = (forced.gradients[name] - gradient).norm()
        assert error <= 1e-4 * gradient.norm() + 1e-6, name


@pytest.mark.parametrize(
    ("make", "operators"),
    [(retinanet, FOCAL), (mask2former, ATTENTION), (dino, FOCAL + ATTENTION)],
)
def test_step_of_a_detector_of_mmdet(make: Callable[[], nn.Module], operators: tuple[str, ...]):
    torch.manual_seed(1)
    plain, forced, plain_calls, calls = step_both_ways(make(), detection_batch(), "mmdet")
    assert not any(plain_calls[name] for name in operators)
    assert all(calls[name] for name in operators)
    assert_same(plain, forced)


@pytest.mark.parametrize(
    ("task", "operators"), [("detection", ROI_ALIGN), ("segmentation", FOCAL), ("video", ())]
)
def test_step_of_a_transfer(task: str, operators: tuple[str, ...]):
    torch.manual_seed(1)
    model, scope = small_model(task)
    plain, forced, _, calls = step_both_ways(model, made_up_batch(task), scope)
    assert set(calls) == set(operators)
    assert_same(plain, forced)
