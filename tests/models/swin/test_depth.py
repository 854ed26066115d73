"""Layers of a Swin, against timm's own numbers."""

import pytest
import timm
from timm.models import group_parameters

from iclip.models.swin.backbone import SwinBackbone
from iclip.models.swin.depth import layers_to_heads

SIZES = dict(embed_dims=8, depths=(2, 1, 3), num_heads=(1, 2, 4))


def layers_of_timm() -> dict[str, int]:
    """Number of the layer of each parameter: stem 0, heads last."""
    model = timm.models.SwinTransformer(
        img_size=32, patch_size=2, window_size=4, embed_dim=8, depths=(2, 1, 3), num_heads=(1, 2, 4)
    )
    return group_parameters(model, model.group_matcher(coarse=False), reverse=True)


def test_layers_are_those_of_timm():
    expected = layers_of_timm()
    heads = expected["head.fc.weight"]
    layers = SwinBackbone(SIZES, patch_size=2, window_size=4).layers_to_heads()
    assert layers == {
        name: heads - layer for name, layer in expected.items() if not name.startswith("head.")
    }
    assert set(layers.values()) == set(range(1, 8))  # six blocks, and the stem


def test_norms_of_earlier_maps_are_as_new_as_the_heads():
    layers = SwinBackbone(SIZES, out_indices=(0, 1, 2)).layers_to_heads()
    norms = {name: layer for name, layer in layers.items() if name.startswith("norm")}
    assert {name: norms[f"{name}.weight"] for name in ("norm0", "norm1", "norm2")} == {
        "norm0": 0,
        "norm1": 0,
        "norm2": 1,
    }


def test_a_backbone_without_its_last_stage_ends_at_the_stage_before():
    layers = SwinBackbone(SIZES, out_indices=(0, 1)).layers_to_heads()
    assert layers["norm1.weight"] == layers["layers.1.blocks.0.norm1.weight"] == 1
    assert layers["patch_embed.proj.weight"] == 4


def test_convolutional_stem_is_one_layer():
    layers = SwinBackbone(SIZES, stem="conv").layers_to_heads()
    assert {layer for name, layer in layers.items() if name.startswith("patch_embed")} == {7}


def test_merging_behind_the_blocks_belongs_to_the_next_ones():
    names = ["layers.0.downsample.reduction.weight", "layers.1.blocks.0.norm1.weight"]
    assert set(layers_to_heads(names, (2, 1, 3), merging_first=False).values()) == {4}
    merging_first = layers_to_heads(["layers.1.downsample.norm.bias"], (2, 1, 3), True)
    assert list(merging_first.values()) == [4]


def test_name_of_another_network_is_refused():
    with pytest.raises(ValueError, match=r"^layer1\.0\.conv1\.weight is not the name of a param"):
        layers_to_heads(["layer1.0.conv1.weight"], (2, 2), True)
