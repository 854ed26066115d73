"""One set of weights in our Swin and in the frameworks' own: the same maps at real sizes.

Channels and heads are Swin-T's and Swin-B's, with two blocks a stage; tools/benchmark.py layouts
compares the whole networks.
"""

import pytest
import timm
import torch
from torch import Tensor

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints.swin_layouts import to_layout
from iclip.models import SwinBackbone
from iclip.openmmlab.video.inflation import inflate_swin

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip
from mmdet.models.backbones.swin import SwinTransformer as DetectionSwin  # isort: skip
from mmseg.models.backbones.swin import SwinTransformer as SegmentationSwin  # isort: skip

ARCHS = {
    "tiny": dict(embed_dims=96, depths=(2, 2, 2, 2), num_heads=(3, 6, 12, 24)),
    "base": dict(embed_dims=128, depths=(2, 2, 2, 2), num_heads=(4, 8, 16, 32)),
}
INDEX = "relative_position_index"
# Every map is larger than a window at each: the last one of 448 x 448 has 14 x 14.
SIZES = [(448, 448), (512, 640), (800, 1333), (517, 731)]
TOLERANCE = 1e-5


def ours(arch: str) -> SwinBackbone:
    torch.manual_seed(0)
    model = SwinBackbone(arch=ARCHS[arch], drop_path_rate=0.0, out_indices=(0, 1, 2, 3)).eval()
    for name, parameter in model.named_parameters():
        if "bias" in name:  # zero at the start, the tables too
            torch.nn.init.normal_(parameter, std=0.02)
    return model


def assert_same(given: Tensor, expected: Tensor) -> None:
    assert given.shape == expected.shape
    largest = (given - expected).abs().max() / expected.abs().max()
    assert largest < TOLERANCE


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("cls", [DetectionSwin, SegmentationSwin], ids=["mmdet", "mmseg"])
@pytest.mark.parametrize("arch", ARCHS)
def test_every_map_is_that_of_the_framework(arch: str, cls: type, size: tuple[int, int]):
    if size == (800, 1333) and (arch, cls) != ("tiny", DetectionSwin):
        pytest.skip("the largest size once: it takes seconds and gigabytes")
    model = ours(arch)
    sizes = ARCHS[arch]
    theirs = cls(
        embed_dims=sizes["embed_dims"],
        depths=sizes["depths"],
        num_heads=sizes["num_heads"],
        drop_path_rate=0.0,
    )
    weights = to_layout(model.state_dict(), "openmmlab")
    weights |= {name: b for name, b in theirs.named_buffers() if name.endswith(INDEX)}
    theirs.load_state_dict(weights, strict=True)
    theirs.eval()
    images = torch.randn(1, 3, *size)
    with torch.no_grad():
        for given, expected in zip(model(images), theirs(images), strict=True):
            assert_same(given, expected)


@pytest.mark.parametrize("arch", ARCHS)
def test_last_map_is_that_of_timms_classifier_at_its_size(arch: str):
    torch.manual_seed(0)
    sizes = ARCHS[arch]
    model = SwinBackbone(arch=sizes, drop_path_rate=0.0).eval()
    theirs = timm.create_model(
        "swin_tiny_patch4_window7_224",
        embed_dim=sizes["embed_dims"],
        depths=sizes["depths"],
        num_heads=sizes["num_heads"],
        num_classes=0,
    ).eval()
    theirs.load_state_dict(model.state_dict(), strict=True)
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        assert_same(model(images)[0], theirs.forward_features(images).permute(0, 3, 1, 2))


@pytest.mark.parametrize("size", [(224, 224), (448, 448), (512, 640), (517, 731)], ids=str)
def test_still_video_has_every_map_of_the_image(size: tuple[int, int]):
    image_model = ours("tiny")
    video = VideoSwinBackbone(
        arch=ARCHS["tiny"], out_indices=(0, 1, 2, 3), out_after_downsample=False
    )
    weights = inflate_swin(image_model.state_dict(), 2, (8, 7, 7))
    weights |= {name: b for name, b in video.named_buffers() if name.endswith(INDEX)}
    video.load_state_dict(weights, strict=True)
    video.eval()
    image = torch.randn(1, 3, *size)
    with torch.no_grad():
        expected = image_model(image)
        out = video(image[:, :, None].expand(-1, -1, 4, -1, -1))
    for given, wanted in zip(out, expected, strict=True):
        for frame in given.unbind(2):
            assert_same(frame, wanted)


def test_still_video_at_detections_size():
    """800 x 1333 with the first two stages, where the largest maps are."""
    arch = dict(embed_dims=48, depths=(2, 2), num_heads=(3, 6))
    torch.manual_seed(0)
    image_model = SwinBackbone(arch=arch, drop_path_rate=0.0).eval()
    video = VideoSwinBackbone(arch=arch, drop_path_rate=0.0)
    weights = inflate_swin(image_model.state_dict(), 2, (8, 7, 7))
    weights |= {name: b for name, b in video.named_buffers() if name.endswith(INDEX)}
    video.load_state_dict(weights, strict=True)
    video.eval()
    image = torch.randn(1, 3, 800, 1333)
    with torch.no_grad():
        expected = image_model(image)[0]
        for frame in video(image[:, :, None].expand(-1, -1, 4, -1, -1)).unbind(2):
            assert_same(frame, expected)
