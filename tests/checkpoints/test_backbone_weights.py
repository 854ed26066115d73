"""A Swin is found under any name that it has in a file, and arrives whole, or the run stops."""

import argparse
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torchvision
import transformers
from torch import Tensor, nn

from iclip.checkpoints import read_backbone
from iclip.checkpoints.swin_layouts import to_layout
from iclip.models import SwinBackbone
from tests.support.random_backbone import SIZES, random_backbone

SWIN = dict(embed_dim=24, depths=[2, 2, 2, 2], num_heads=[1, 2, 3, 4])
# The libraries' pooled features are the mean over the last map behind its norm.
Peer = tuple[nn.Module, Callable[[Any, Tensor], Tensor]]


@pytest.fixture(scope="module")
def backbone() -> SwinBackbone:
    return random_backbone(arch=SIZES)


def drawn(model: nn.Module) -> nn.Module:
    """The model in evaluation, with parameters that all matter, norms and tables included."""
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        if "norm" in name and name.endswith("weight"):
            nn.init.normal_(parameter, mean=1.0, std=0.2)
        else:
            nn.init.normal_(parameter, std=0.2 if parameter.dim() < 2 or "table" in name else 0.05)
    return model.eval()


def torchvision_swin() -> Peer:
    model = torchvision.models.SwinTransformer(
        patch_size=[4, 4], window_size=[7, 7], stochastic_depth_prob=0.0, num_classes=3, **SWIN
    )
    return model, lambda m, images: m.norm(m.features(images)).mean(dim=(1, 2))


def transformers_swin() -> Peer:
    model = transformers.SwinModel(transformers.SwinConfig(**SWIN))
    return model, lambda m, images: m(images).pooler_output


def transformers_classifier() -> Peer:
    model = transformers.SwinForImageClassification(transformers.SwinConfig(**SWIN))
    return model, lambda m, images: m.swin(images).pooler_output


def timm_swin() -> Peer:
    model = timm.create_model(
        "swin_tiny_patch4_window7_224", num_classes=3, embed_dim=24, depths=(2, 2, 2, 2),
        num_heads=(1, 2, 3, 4),
    )  # fmt: skip
    return model, lambda m, images: m.forward_head(m.forward_features(images), pre_logits=True)


def loaded(file: str | Path, **settings: Any) -> SwinBackbone:
    model = SwinBackbone(arch=SIZES, drop_path_rate=0.0, checkpoint=str(file), **settings)
    model.init_weights()
    return model.eval()


def assert_same_features(peer: nn.Module, features: Any, file: str | Path) -> None:
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        expected, found = features(peer, images), loaded(file).forward_pooled(images)
    assert expected.std() > 0.05
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("odd", [{}, {"args": argparse.Namespace(a=1)}], ids=["plain", "odd"])
@pytest.mark.parametrize(
    "make", [torchvision_swin, transformers_swin, transformers_classifier, timm_swin]
)
def test_features_equal_the_librarys_own(
    make: Callable[[], Peer], odd: dict[str, Any], tmp_path: Path
):
    model, features = make()
    drawn(model)
    torch.save({"model": model.state_dict()} | odd, tmp_path / "a.pth")
    assert_same_features(model, features, tmp_path / "a.pth")


def test_folder_of_transformers_has_the_same_features(tmp_path: Path):
    model, features = transformers_classifier()
    drawn(model).save_pretrained(tmp_path)
    assert_same_features(model, features, tmp_path)


def test_swin_tiny_of_torchvision_has_the_same_features(tmp_path: Path):
    model = drawn(torchvision.models.swin_t())
    torch.save(model.state_dict(), tmp_path / "swin_t.pth")
    ours = SwinBackbone(arch="tiny", checkpoint=str(tmp_path / "swin_t.pth")).eval()
    ours.init_weights()
    images = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        expected = model.norm(model.features(images)).mean(dim=(1, 2))
        torch.testing.assert_close(ours.forward_pooled(images), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["Swin", "MaskFormerSwin"])
def test_maps_of_transformers_backbones_have_the_same_norms(name: str, tmp_path: Path):
    """Both generations of transformers' names; the second has none of version 5."""
    config = getattr(transformers, f"{name}Config")
    stages = [f"stage{i}" for i in range(1, 5)]
    model = getattr(transformers, f"{name}Backbone")(config(**SWIN, out_features=stages))
    drawn(model)
    torch.save(model.state_dict(), tmp_path / "a.pth")
    unused = ("norm.",)  # behind the last map, before the maps' own norms
    ours = loaded(tmp_path / "a.pth", out_indices=(0, 1, 2, 3), allow_left_over=unused)
    # Every map is larger than a window: in one that is not, these classes shift as mmdet's do.
    images = torch.randn(1, 3, 448, 448)
    with torch.no_grad():
        for found, expected in zip(ours(images), model(images).feature_maps, strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_timms_feature_extractor_is_read(backbone: SwinBackbone, tmp_path: Path):
    """Its names count the stages with an underscore, and it has no norm behind them."""
    extractor = timm.create_model("swin_tiny_patch4_window7_224", features_only=True)
    torch.save(extractor.state_dict(), tmp_path / "a.pth")
    ours = SwinBackbone(checkpoint=str(tmp_path / "a.pth"), allow_missing=("norm.",))
    ours.init_weights()
    for name, tensor in extractor.state_dict().items():
        assert torch.equal(ours.state_dict()[name.replace("layers_", "layers.")], tensor)


def assert_arrives(file: str | Path, backbone: SwinBackbone) -> None:
    expected, found = backbone.state_dict(), loaded(file).state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


PREFIXES = [
    "", "module.", "model.", "encoder.", "backbone.", "_orig_mod.", "visual.", "image_encoder.",
    "module.model.", "_orig_mod.module.", "module._orig_mod.backbone.", "model.image_encoder.",
    "visual.trunk.", "module.visual.trunk.", "student.backbone.", "backbone.bottom_up.",
    "net._fsdp_wrapped_module.encoder.", "detector.backbone._checkpoint_wrapped_module.",
]  # fmt: skip


@pytest.mark.parametrize("layout", ["timm", "official", "openmmlab"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes_are_found(prefix: str, layout: str, backbone: SwinBackbone, tmp_path: Path):
    weights = to_layout(backbone.state_dict(), layout)
    weights["head.weight"] = torch.ones(1)
    named = {prefix + name: tensor for name, tensor in weights.items()}
    torch.save({"state_dict": named, "args": argparse.Namespace(a=1)}, tmp_path / "a.pth")
    assert_arrives(tmp_path / "a.pth", backbone)
    (other,) = read_backbone(tmp_path / "a.pth").other
    assert other.endswith("head.weight")


def test_wrappers_inside_the_names_are_taken_out(backbone: SwinBackbone, tmp_path: Path):
    weights = {
        name.replace(".blocks.", "._orig_mod.blocks._checkpoint_wrapped_module."): tensor
        for name, tensor in backbone.state_dict().items()
    }
    torch.save(weights, tmp_path / "a.pth")
    assert_arrives(tmp_path / "a.pth", backbone)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("as_arrays", [True, False], ids=["arrays", "tensors"])
def test_pickled_file_of_detectron2_arrives(
    as_arrays: bool, protocol: int, backbone: SwinBackbone, tmp_path: Path
):
    weights: dict[str, Any] = to_layout(backbone.state_dict(), "official")
    if as_arrays:
        weights = {name: np.array(tensor) for name, tensor in weights.items()}
    weights = {f"backbone.bottom_up.{name}": value for name, value in weights.items()}
    content = {"model": weights, "__author__": "zoo", "matching_heuristics": True}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    assert_arrives(tmp_path / "a.pkl", backbone)


def test_unicl_file_arrives(backbone: SwinBackbone, tmp_path: Path):
    names = to_layout(backbone.state_dict(), "official")
    weights = {f"image_encoder.{name}": tensor for name, tensor in names.items()}
    weights |= {
        "image_encoder.layers.0.blocks.0.attn.relative_position_index": torch.zeros(49, 49),
        "image_encoder.layers.0.blocks.1.attn_mask": torch.zeros(64, 49, 49),
        "image_projection": torch.ones(2, 2),
        "lang_encoder.token_embedding.weight": torch.ones(2, 2),
        "logit_scale": torch.ones(1),
    }
    torch.save(weights, tmp_path / "a.pth")
    assert_arrives(tmp_path / "a.pth", backbone)


def test_masked_pretraining_file_arrives(backbone: SwinBackbone, tmp_path: Path):
    names = to_layout(backbone.state_dict(), "official")
    weights = {f"encoder.{name}": tensor for name, tensor in names.items()}
    weights |= {"encoder.mask_token": torch.zeros(1, 1, 24), "decoder.0.weight": torch.ones(1)}
    torch.save({"model": weights, "config": Node(a=Node(b=1))}, tmp_path / "a.pth")
    assert_arrives(tmp_path / "a.pth", backbone)
    assert set(read_backbone(tmp_path / "a.pth").other) == {
        "encoder.mask_token",
        "decoder.0.weight",
    }


class Node(dict):
    """A stand-in for yacs' node."""


def test_training_file_with_optimizer_arrives(backbone: SwinBackbone, tmp_path: Path):
    """As Swin's own training saves it, a config of nodes and an optimizer's state included."""
    model = nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    content = {
        "model": to_layout(backbone.state_dict(), "official"), "optimizer": optimizer.state_dict(),
        "lr_scheduler": {"t_initial": 3}, "max_accuracy": np.float64(81.2), "epoch": 299,
        "config": Node(MODEL=Node(NAME="swin", DROP_PATH=0.2, SIZES=[1, 2])), "amp": {"scale": 1},
    }  # fmt: skip
    torch.save(content, tmp_path / "a.pth")
    assert_arrives(tmp_path / "a.pth", backbone)


def test_what_a_file_lacks_still_stops_the_run(backbone: SwinBackbone, tmp_path: Path):
    weights = {f"module.{name}": tensor for name, tensor in backbone.state_dict().items()}
    del weights["module.layers.2.blocks.0.attn.qkv.bias"]
    weights["module.absolute_pos_embed"] = torch.ones(1)
    torch.save({"model": weights, "args": argparse.Namespace(a=1)}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match="1 missing, 1 left over") as error:
        loaded(tmp_path / "a.pth")
    assert "layers.2.blocks.0.attn.qkv.bias" in str(error.value)
    assert "absolute_pos_embed" in str(error.value)


def test_what_transformers_lack_is_counted(tmp_path: Path):
    model, _ = transformers_swin()
    weights = model.state_dict()
    del weights["encoder.layers.1.blocks.0.attention.k_proj.weight"]
    torch.save(weights, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"1 missing, 2 left over") as error:
        loaded(tmp_path / "a.pth")
    assert "layers.1.blocks.0.attn.q.weight" in str(error.value)


def test_two_backbones_in_one_file_have_to_be_named(backbone: SwinBackbone, tmp_path: Path):
    other = {name: tensor + 1 for name, tensor in backbone.state_dict().items()}
    weights = {f"encoder.{name}": tensor for name, tensor in backbone.state_dict().items()}
    weights |= {f"encoder_k.{name}": tensor for name, tensor in other.items()}
    torch.save({"model": weights}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"2 Swin backbones.*encoder\., encoder_k\..*pth#encoder"):
        read_backbone(tmp_path / "a.pth")
    assert_arrives(f"{tmp_path / 'a.pth'}#model.encoder", backbone)
    found = read_backbone(f"{tmp_path / 'a.pth'}#encoder_k").weights
    assert all(torch.equal(found[name], tensor) for name, tensor in other.items())


def test_second_version_of_swin_is_named(tmp_path: Path):
    model = torchvision.models.swin_transformer.SwinTransformer(
        [4, 4], 24, [2, 2], [1, 2], [8, 8],
        block=torchvision.models.swin_transformer.SwinTransformerBlockV2,
        downsample_layer=torchvision.models.swin_transformer.PatchMergingV2,
    )  # fmt: skip
    torch.save(model.state_dict(), tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"a\.pth holds a Swin V2 \(features.*first version"):
        read_backbone(tmp_path / "a.pth")


def test_other_networks_are_named_by_what_they_hold(tmp_path: Path):
    torch.save({"state_dict": {"conv1.weight": torch.ones(1)}}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"no Swin backbone.*transformers.*begins with conv1\.w"):
        read_backbone(tmp_path / "a.pth")


def test_average_is_taken_by_name_in_a_config(backbone: SwinBackbone, tmp_path: Path):
    average = {name: tensor + 1 for name, tensor in backbone.state_dict().items()}
    content = {"state_dict": dict(backbone.state_dict()), "state_dict_ema": average}
    torch.save(content, tmp_path / "a.pth")
    assert_arrives(tmp_path / "a.pth", backbone)
    found = loaded(f"{tmp_path / 'a.pth'}#state_dict_ema").state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in average.items())
