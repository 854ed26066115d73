"""The transfers' models on CUDA tensors in half precision, forward and backward.

Whole training steps on tensors with values, in small; the real sizes on fake tensors, up to where
values decide what comes next (boxes that are left, queries that are matched).
"""

import pytest
import torch

from iclip.openmmlab.made_up_samples import made_up_batch
from tests.gpu_branches.fake_cuda import (
    CUDA,
    autocast,
    check_gradients,
    fake_cuda,
    move_to_fake_cuda,
)
from tests.gpu_branches.transfer_models import (
    build,
    build_two_blocks_per_stage,
    total,
)
from tests.gpu_branches.valued_cuda import move_to_valued_cuda, valued_cuda


@pytest.mark.parametrize(
    ("config", "batch", "precision"),
    [
        ("toy/lvis_frcnn.py", made_up_batch("detection", (2, 3, 96, 128)), torch.bfloat16),
        ("toy/ade20k_maskformer.py", made_up_batch("segmentation"), torch.bfloat16),
        # mmaction's heads read their scores through NumPy, which has no bfloat16.
        ("toy/k400_video_swin.py", made_up_batch("video", (2, 1, 3, 8, 32, 32)), torch.float16),
    ],
    ids=["detection", "segmentation", "video"],
)
def test_a_training_step_on_cuda_tensors_gives_every_gradient(
    config: str, batch, precision: torch.dtype
):
    model = build(config)
    with valued_cuda():
        move_to_valued_cuda(model)
        data = model.data_preprocessor(batch, training=True)
        with autocast(precision):
            loss = total(model(**data, mode="loss"))
        assert torch.isfinite(loss)
        check_gradients(model, loss)


@pytest.mark.parametrize("config", ["toy/lvis_frcnn.py", "toy/ade20k_maskformer.py"])
def test_a_loss_on_cuda_tensors_is_the_cpus(config: str):
    batch = made_up_batch("detection" if "lvis" in config else "segmentation")

    def loss(model: torch.nn.Module) -> torch.Tensor:
        torch.manual_seed(0)  # boxes and points are sampled
        return total(model(**model.data_preprocessor(batch, training=True), mode="loss"))

    expected = loss(build(config))
    with valued_cuda():
        found = loss(move_to_valued_cuda(build(config)))
        assert found.is_cuda
        torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=0)


def test_faster_rcnn_of_the_real_size_stays_on_the_gpu():
    model = build_two_blocks_per_stage("lvis_frcnn_2x.py")
    with fake_cuda() as watch:
        move_to_fake_cuda(model)
        with autocast():
            maps = model.extract_feat(torch.empty(2, 3, 800, 1333, device=CUDA))
            scores, deltas = model.rpn_head(maps)
            # All levels take all boxes: which box belongs to which level depends on values.
            rois = torch.empty(256, 5, device=CUDA)
            layers = model.roi_head.bbox_roi_extractor.roi_layers
            pooled = [layer(level, rois) for layer, level in zip(layers, maps, strict=False)]
            found = model.roi_head.bbox_head(torch.cat(pooled))
        outputs = [*scores, *deltas, *found]
        assert found[0].shape == (1024, 1204)
        check_gradients(model, sum(output.float().mean() for output in outputs))
    assert watch.left == []


def test_maskformer_of_the_real_size_stays_on_the_gpu():
    model = build_two_blocks_per_stage("ade20k_maskformer_160k.py")
    samples = made_up_batch("segmentation", (2, 3, 640, 640))["data_samples"]
    with fake_cuda() as watch:
        move_to_fake_cuda(model)
        with autocast():
            maps = model.extract_feat(torch.empty(2, 3, 640, 640, device=CUDA))
            scores, masks = model.decode_head(maps, samples)
        assert scores.shape == (6, 2, 100, 151) and masks.shape == (6, 2, 100, 160, 160)
        check_gradients(model, scores.float().mean() + masks.float().mean())
    assert watch.left == []


def test_video_swin_of_the_real_size_stays_on_the_gpu():
    model = build_two_blocks_per_stage("k400_video_swin_30e.py")
    with fake_cuda() as watch:
        move_to_fake_cuda(model)
        with autocast():
            features = model.extract_feat(torch.empty(2, 1, 3, 32, 224, 224, device=CUDA))[0]
            scores = model.cls_head(features)
        assert scores.shape == (2, 400)
        check_gradients(model, scores.float().mean())
    assert watch.left == [] and watch.on_cpu == []
