"""The backbones in their real sizes on fake CUDA tensors in bfloat16, forward and backward."""

import pytest
import torch
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.models import SwinBackbone
from tests.gpu_branches.fake_cuda import (
    CUDA,
    autocast,
    check_gradients,
    fake_cuda,
    move_to_fake_cuda,
)

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip


def image_backbone(arch: str) -> nn.Module:
    with torch.device("meta"):
        return SwinBackbone(arch=arch, drop_path_rate=0.2, out_indices=(0, 1, 2, 3))


def video_backbone(arch: str) -> nn.Module:
    return VideoSwinBackbone(arch=arch, drop_path_rate=0.2, out_indices=(0, 1, 2, 3))


@pytest.mark.parametrize(
    ("make", "arch", "shape"),
    [
        (image_backbone, "tiny", (2, 3, 224, 224)),
        # Shifted windows in every stage, padding in both directions.
        (image_backbone, "base", (1, 3, 800, 1333)),
        (video_backbone, "tiny", (1, 3, 5, 230, 217)),
        (video_backbone, "base", (1, 3, 32, 224, 224)),
    ],
)
def test_a_backbone_stays_on_the_gpu(make, arch: str, shape: tuple[int, ...]):
    model = make(arch)
    with fake_cuda() as watch:
        move_to_fake_cuda(model)
        with autocast():
            maps = model(torch.empty(shape, device=CUDA))
        assert all(feature.device == CUDA for feature in maps)
        loss = sum(feature.float().mean() for feature in maps)
        assert isinstance(loss, Tensor)
        check_gradients(model, loss)
    assert watch.left == [] and watch.on_cpu == []
