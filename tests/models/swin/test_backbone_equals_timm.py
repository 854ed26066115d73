"""At the size that timm's classification model is built for, the backbone is the same function."""

from typing import Any

import pytest
import timm
import torch
from timm.models.swin_transformer import SwinTransformer
from torch import Tensor

from iclip.models.swin.backbone import SwinBackbone
from tests.models.swin.small_swin import gradients, images, make_weights_count, small_swin


def small_timm(size: tuple[int, int], **settings: Any) -> SwinTransformer:
    return SwinTransformer(
        size,
        patch_size=2,
        embed_dim=8,
        depths=(2, 2, 2),
        num_heads=(1, 2, 4),
        window_size=4,
        num_classes=0,
        drop_path_rate=0.0,
        **settings,
    ).eval()


def without_head(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in weights.items() if not name.startswith("head.")}


def assert_same_function(ours: SwinBackbone, theirs: SwinTransformer, x: Tensor) -> None:
    expected = theirs.forward_head(theirs.forward_features(x), pre_logits=True)
    actual = ours.forward_pooled(x)
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        gradients(ours, actual), gradients(theirs, expected), rtol=1e-4, atol=1e-4
    )


def test_swin_t_at_224_equals_timm() -> None:
    theirs = timm.create_model("swin_tiny_patch4_window7_224", drop_path_rate=0.0).eval()
    make_weights_count(theirs)
    ours = SwinBackbone("tiny").eval()
    ours.load_state_dict(without_head(theirs.state_dict()))
    assert_same_function(ours, theirs, images(1, 3, 224, 224))


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (32, 64), (96, 32)])
def test_equals_timm_built_for_the_size_where_nothing_is_padded(size: tuple[int, int]) -> None:
    ours, theirs = small_swin(), small_timm(size)
    theirs.load_state_dict(ours.state_dict())
    assert_same_function(ours, theirs, images(2, 3, *size))


def test_maps_equal_timm_before_the_output_norms() -> None:
    ours, theirs = small_swin(out_indices=(0, 1, 2)), small_timm((64, 64))
    theirs.load_state_dict(ours.state_dict(), strict=False)
    x = images(2, 3, 64, 64)
    maps = theirs.forward_intermediates(x, intermediates_only=True)
    for i, (actual, raw) in enumerate(zip(ours(x), maps, strict=True)):
        output_norm = ours.get_submodule(f"norm{i}")
        expected = output_norm(raw.movedim(1, -1)).movedim(-1, 1)
        torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("arch", ["tiny", "small", "base", "large"])
def test_parameters_are_timms(arch: str) -> None:
    with torch.device("meta"):
        ours = SwinBackbone(arch).state_dict()
        theirs = timm.create_model(f"swin_{arch}_patch4_window7_224").state_dict()
    theirs = without_head(theirs)
    assert {name: p.shape for name, p in ours.items()} == {n: p.shape for n, p in theirs.items()}


def test_initial_weights_are_those_of_timm() -> None:
    model = SwinBackbone(dict(embed_dims=96, depths=(2,), num_heads=(3,)))
    for name, p in model.layers.named_parameters():
        if p.ndim > 1:
            assert p.std().item() == pytest.approx(0.02, rel=0.15), name
            assert abs(p.mean().item()) < 0.002, name
        else:
            assert (p == (1.0 if "norm" in name and name.endswith("weight") else 0.0)).all(), name
