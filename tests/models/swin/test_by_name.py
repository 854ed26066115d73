"""A Swin is built by the names that other libraries use, with all of its weights."""

from pathlib import Path
from typing import Any

import pytest
import timm
import torch

import iclip
from iclip.models.swin import SwinBackbone
from iclip.models.swin.by_name import backbone

MICRO: dict[str, Any] = dict(embed_dims=16, depths=(1, 1), num_heads=(1, 2))


@pytest.mark.parametrize(
    ("name", "like", "window"),
    [
        ("swin_t", "swin_tiny_patch4_window7_224", 7),
        ("swin_base_patch4_window12_384", "swin_base_patch4_window12_384", 12),
    ],
)
def test_name_means_timms_model(name: str, like: str, window: int) -> None:
    with torch.device("meta"):
        ours = backbone(name).state_dict()
        theirs = timm.create_model(like, num_classes=0).state_dict()
    shapes = {key: value.shape for key, value in theirs.items()}
    assert {key: value.shape for key, value in ours.items()} == shapes
    assert ours["layers.0.blocks.0.attn.relative_position_bias_table"].shape[0] == (
        (2 * window - 1) ** 2
    )


@pytest.mark.parametrize(
    ("name", "arch"),
    [("swin_s", "small"), ("swin_b", "base"), ("swin_large", "large")],
)
def test_short_names_are_torchvisions(name: str, arch: str) -> None:
    with torch.device("meta"):
        ours, same = backbone(name), SwinBackbone(arch)
    assert str(ours) == str(same)


def test_weights_arrive_and_maps_come_as_asked(tmp_path: Path) -> None:
    torch.manual_seed(0)
    source = SwinBackbone(MICRO, window_size=4)
    torch.save(source.state_dict(), tmp_path / "swin.pth")
    settings = dict(checkpoint=tmp_path / "swin.pth", window_size=4)
    loaded = backbone(MICRO, **settings)
    for name, weight in source.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight), name
    images = torch.rand(1, 3, 32, 48)
    assert [m.shape for m in loaded(images)] == [(1, 32, 4, 6)]
    maps = backbone(MICRO, out_indices=(0, 1), **settings)(images)
    assert [m.shape for m in maps] == [(1, 16, 8, 12), (1, 32, 4, 6)]


def test_weights_that_are_incomplete_raise(tmp_path: Path) -> None:
    weights = SwinBackbone(MICRO, window_size=4).state_dict()
    del weights["layers.1.blocks.0.mlp.fc1.weight"]
    torch.save(weights, tmp_path / "swin.pth")
    with pytest.raises(ValueError, match=r"layers\.1\.blocks\.0\.mlp\.fc1\.weight"):
        backbone(MICRO, checkpoint=str(tmp_path / "swin.pth"), window_size=4)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.pth"):
        backbone(MICRO, checkpoint=tmp_path / "none.pth")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "swin_xl",
            "the backbone 'swin_xl' is unknown; take swin_t, swin_s, swin_b, swin_l or one of "
            "timm's names, such as swin_tiny_patch4_window7_224",
        ),
        (
            "swin_tiny_patch4_window7_224.ms_in1k",
            r"\(what stands behind the dot names weights: give their file as checkpoint\)",
        ),
        ("swinv2_tiny_window8_256", "'swinv2_tiny_window8_256' is unknown"),
    ],
)
def test_unknown_name_is_answered_by_those_that_exist(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        backbone(name)


def test_package_offers_it() -> None:
    assert iclip.backbone is backbone
