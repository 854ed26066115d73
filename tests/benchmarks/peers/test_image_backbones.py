"""The peers are the hub's Swin in size and in what they return."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from iclip.benchmarks.peers.image_backbones import mmdet_swin, timm_swin
from iclip.models import SwinBackbone
from iclip.models.swin.arch import SwinArch
from tests.benchmarks.peers.small_swin import SIZES

# timm's has smaller tables where a map is smaller than a window.
SIDE = 224
BUILDERS = {"timm": lambda arch: timm_swin(arch, SIDE), "mmdet": mmdet_swin}


@pytest.mark.parametrize("peer", BUILDERS)
def test_a_peer_has_as_many_weights_as_the_hubs_and_pools_its_map(peer: str):
    build: Callable[[SwinArch], nn.Module] = BUILDERS[peer]
    model = build(SwinArch.parse(SIZES))
    ours = SwinBackbone(arch=SIZES, drop_path_rate=0.0)
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in ours.parameters())
    images = torch.randn(2, 3, SIDE, SIDE)
    with torch.no_grad():
        assert model(images).shape == ours.forward_pooled(images).shape


def test_mmdets_features_are_the_means_over_its_last_map():
    model = mmdet_swin(SwinArch.parse(SIZES))
    images = torch.randn(2, 3, 56, 84)
    with torch.no_grad():
        (last,) = model.backbone(images)
        expected = [[channel.flatten().mean() for channel in image] for image in last]
        torch.testing.assert_close(model(images), torch.tensor(expected))


def test_timms_features_are_the_means_over_its_normalized_map():
    model = timm_swin(SwinArch.parse(SIZES), 56)
    images = torch.randn(2, 3, 56, 56)
    with torch.no_grad():
        last = model.forward_features(images)  # B, H, W, C
        torch.testing.assert_close(model(images), last.flatten(1, 2).mean(1))
