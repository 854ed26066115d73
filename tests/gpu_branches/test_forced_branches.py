"""Every place where the frameworks or the hub read the device is known and tested as on a GPU."""

import ast
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine.config import ConfigDict
from torch import Tensor
from torch.nn.functional import one_hot

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.audit.operator_audit import package_roots
from tests.gpu_branches.forced_cuda import as_if_on_cuda, counted_operators
from tests.support.source_imports import REPO

from mmdet.models.roi_heads.mask_heads import FCNMaskHead  # isort: skip
from mmdet.models.task_modules.assigners import BboxOverlaps2D  # isort: skip
from mmdet.models.task_modules.samplers import RandomSampler, ScoreHLRSampler  # isort: skip
from mmseg.models.losses import FocalLoss  # isort: skip

# Files whose code no shipped config reaches: operators that are not supplied, other devices' code.
OPERATORS_NOT_REACHED = (
    *("bias_act", "box_iou_rotated", "conv2d_gradfix", "filtered_lrelu", "fused_bias_leakyrelu"),
    *("knn", "points_in_boxes", "upfirdn2d", "bbox"),
)
# Of the rest: where the device is asked for, and the test that takes the GPU's way.
TESTED = {
    "mmdet FocalLoss.forward": "test_forced_training (RetinaNet, DINO, MaskFormer)",
    "mmseg FocalLoss.forward": "test_focal_loss_of_mmseg_*",
    "mmcv MultiScaleDeformableAttention.forward": "test_forced_training (Mask2Former, DINO)",
    "mmdet fp16_clamp": "test_overlaps_in_half_precision_are_close",
    "mmdet BboxOverlaps2D.__call__": "test_overlaps_in_half_precision_are_close",
    "mmdet RandomSampler.random_choice": "test_samplers_draw_the_same_from_a_list",
    "mmdet ScoreHLRSampler.random_choice": "test_samplers_draw_the_same_from_a_list",
    "mmdet FCNMaskHead._predict_by_feat_single": "test_masks_are_pasted_as_on_a_cpu",
    "iclip attend": "test_forced_training (transfers), tests/models/swin/test_window_attention.py",
    "iclip apply_in_chunks": "tests/models/swin/test_layers.py",
}
# What no tensor's device decides, or a shipped config cannot reach here.
NOT_A_BRANCH_OF_TRAINING = {
    "mmdet AppearanceFreeLink.__init__": "moves a tracker's model whose weights are downloaded",
    "mmcv CARAFENaiveFunction.backward": "an assertion; the configs take CARAFEFunction",
    **dict.fromkeys(
        (
            "mmcv DeformConv2dFunction.forward",
            "mmcv ModulatedDeformConv2dFunction.forward",
            "mmcv MaskedConv2dFunction.forward",
            "mmcv nms_rotated",
        ),
        "asks for Ascend's devices",
    ),
}


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield all functions by name; methods with their class's name in front."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            yield from ((f"{node.name}.{method.name}", method) for method in methods)


def asks_for_the_device(function: ast.FunctionDef) -> bool:
    """Whether it reads ``is_cuda``, ``is_cpu``, ``cuda.is_available`` or a device's type."""
    nodes = list(ast.walk(function))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    # Autocast takes the type as an argument; that is not a branch.
    told = {id(a) for call in calls if "autocast" in ast.unparse(call.func) for a in call.args}
    return any(
        node.attr in ("is_cuda", "is_cpu")
        or ast.unparse(node).endswith(("cuda.is_available", "device.type"))
        for node in nodes
        if isinstance(node, ast.Attribute) and id(node) not in told
    )


def model_sources() -> Iterator[tuple[str, Path]]:
    roots = package_roots() | {"iclip": REPO / "iclip"}
    parts = {
        "mmcv": ("ops", "cnn"),
        "mmdet": ("models", "structures"),
        "mmseg": ("models", "structures"),
        "mmaction": ("models", "structures"),
        "iclip": ("models", "openmmlab", "checkpoints"),
    }
    for package, folders in parts.items():
        for folder in folders:
            for path in sorted((roots[package] / folder).rglob("*.py")):
                if not (folder == "ops" and path.stem in OPERATORS_NOT_REACHED):
                    yield package, path


def test_every_branch_on_the_device_is_known():
    found = {
        f"{package} {name}"
        for package, path in model_sources()
        for name, function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if asks_for_the_device(function)
    }
    assert found - set(NOT_A_BRANCH_OF_TRAINING) == set(TESTED)


def boxes(count: int, seed: int) -> Tensor:
    corner = torch.rand(count, 2, generator=torch.Generator().manual_seed(seed)) * 40
    return torch.cat([corner, corner + 8], dim=1)


def test_overlaps_in_half_precision_are_close():
    overlaps = BboxOverlaps2D(dtype="fp16")
    first, second = boxes(6, 0), boxes(5, 1)
    plain = overlaps(first, second)
    with as_if_on_cuda():
        forced = overlaps(first, second)
    assert (plain.dtype, forced.dtype) == (torch.float32, torch.float16)
    assert plain.max() > 0
    torch.testing.assert_close(forced.float(), plain, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("sampler", [RandomSampler, ScoreHLRSampler])
def test_samplers_draw_the_same_from_a_list(sampler: type):
    drawn = []
    for forced in (False, True):
        torch.manual_seed(0)
        # Without its constructor, which needs a detector's head.
        choice = sampler.__new__(sampler).random_choice
        if forced:
            with as_if_on_cuda():
                drawn.append(choice(list(range(50)), 10).tolist())
        else:
            drawn.append(choice(list(range(50)), 10).tolist())
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 10


def test_masks_are_pasted_as_on_a_cpu():
    head = FCNMaskHead(num_convs=0, num_classes=3)
    masks = torch.randn(4, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    meta = dict(scale_factor=(1.0, 1.0), ori_shape=(50, 60))
    config = ConfigDict(mask_thr_binary=0.5)

    def paste() -> Tensor:
        labels = torch.tensor([0, 2, 1, 1])
        return head._predict_by_feat_single(masks, boxes(4, 2), labels, meta, config, rescale=True)

    plain = paste()
    with as_if_on_cuda():
        forced = paste()
    assert 0 < plain.float().mean() < 1
    assert torch.equal(forced, plain)


@pytest.mark.parametrize("alpha", [0.25, [0.25, 0.5, 0.75]])
def test_focal_loss_of_mmseg_equals_that_of_a_cpu_for_soft_targets(alpha: float | list[float]):
    """With class indices as targets mmseg's CPU branch takes the wrong column of its one-hot."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, generator=generator)
    labels = torch.randint(0, 3, (2, 4, 5), generator=generator)
    target = one_hot(labels, 3).permute(0, 3, 1, 2)
    loss, results = FocalLoss(alpha=alpha), []
    for forced in (False, True):
        leaf = logits.clone().requires_grad_()
        if forced:
            with as_if_on_cuda(), counted_operators() as calls:
                value = loss(leaf, target)
                value.backward()
        else:
            value = loss(leaf, target)
            value.backward()
        results.append((value.detach(), leaf.grad))
    assert calls["sigmoid_focal_loss_forward"] == calls["sigmoid_focal_loss_backward"] == 1
    torch.testing.assert_close(results[1], results[0])


def test_focal_loss_of_mmseg_equals_the_formula_and_ignores():
    logits = torch.randn(1, 3, 2, 3, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([[[0, 2, 255], [1, 1, 0]]])
    with as_if_on_cuda():
        loss = FocalLoss(alpha=0.25)(logits, target)
    total = 0.0
    for y in range(2):
        for x in range(3):
            label = int(target[0, y, x])
            for c in range(3):
                p = 1 / (1 + math.exp(-float(logits[0, c, y, x])))
                hit = 0.25 * (1 - p) ** 2 * math.log(p)
                miss = 0.75 * p**2 * math.log(1 - p)
                total -= (hit if c == label else miss) if label != 255 else 0
    assert float(loss) == pytest.approx(total / (6 * 3), rel=1e-5)
