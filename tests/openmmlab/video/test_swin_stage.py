"""Stages of Video Swin against mmaction's own."""

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before mmaction)

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip
from mmaction.models.backbones.swin import SwinTransformer3D  # isort: skip


SMALL = dict(embed_dims=24, depths=(2, 2), num_heads=(1, 2))


@pytest.mark.parametrize(
    ("clip", "settings"),
    [
        ((8, 64, 64), {}),  # the last map is smaller than a window in all directions
        ((20, 61, 90), {}),  # shifted in time, padded in rows and columns
        ((7, 64, 90), dict(out_after_downsample=True, frozen_stages=1)),
        ((8, 64, 64), dict(with_cp=True)),
    ],
)
def test_equals_mmactions_own_in_value_and_gradient(clip: tuple[int, ...], settings: dict):
    sizes = dict(arch=SMALL, window_size=(4, 7, 7), out_indices=(0, 1), drop_path_rate=0.0)
    torch.manual_seed(0)
    ours = VideoSwinBackbone(**sizes, **settings)
    for parameter in ours.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    theirs = SwinTransformer3D(pretrained2d=False, **sizes, **(settings | dict(with_cp=False)))
    theirs.load_state_dict(ours.state_dict(), strict=True)
    video = torch.randn(2, 3, *clip)
    found = []
    for model in (theirs, ours):
        model.train()
        maps = model(video)
        sum((feature * feature.cos()).sum() for feature in maps).backward()
        gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
        found.append((tuple(maps), gradients))
    if "frozen_stages" in settings:  # mmaction trains the norm of a frozen stage's map
        del found[0][1]["norm0.weight"], found[0][1]["norm0.bias"]
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-4)
