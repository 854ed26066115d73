"""The weights' layouts against the frameworks' own classes, loaded strictly."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints import read_backbone
from iclip.checkpoints.swin_layouts import from_layout, to_layout
from iclip.models import SwinBackbone

from mmaction.models.backbones.swin import SwinTransformer3D  # isort: skip
from mmdet.models.backbones.swin import SwinTransformer as DetectionSwin  # isort: skip
from mmseg.models.backbones.swin import SwinTransformer as SegmentationSwin  # isort: skip

SIZES = dict(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4))
INDEX = "relative_position_index"


@pytest.fixture(scope="module")
def backbone() -> SwinBackbone:
    torch.manual_seed(0)
    model = SwinBackbone(arch=SIZES, drop_path_rate=0.0).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


def theirs(cls: type, backbone: SwinBackbone) -> torch.nn.Module:
    """A framework's own Swin with our weights, none missing and none left over."""
    model = cls(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4), out_indices=(3,))
    weights = to_layout(backbone.state_dict(), "openmmlab")
    weights |= {name: b for name, b in model.named_buffers() if name.endswith(INDEX)}
    model.load_state_dict(weights, strict=True)
    model.eval()  # which returns nothing there
    return model


@pytest.mark.parametrize("cls", [DetectionSwin, SegmentationSwin])
def test_frameworks_compute_the_same_with_the_renamed_weights(cls: type, backbone: SwinBackbone):
    # Every map larger than the window, at a size that pads: there the semantics agree.
    images = torch.randn(1, 3, 264, 300)
    with torch.no_grad():
        torch.testing.assert_close(
            theirs(cls, backbone)(images)[0], backbone(images)[0], rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("layout", ["official", "openmmlab", "mmaction"])
def test_layouts_round_trip_with_no_key_left(layout: str, backbone: SwinBackbone):
    weights = backbone.state_dict()
    there = to_layout(weights, layout)
    returned = from_layout(there, layout)
    assert returned.keys() == weights.keys()
    assert all(torch.equal(returned[name], tensor) for name, tensor in weights.items())
    assert there.keys() != weights.keys()


def test_mmaction_has_the_names_of_its_layout(backbone: SwinBackbone):
    arch = dict(embed_dims=24, depths=[2, 2, 2, 2], num_heads=[1, 2, 3, 4])
    wanted = SwinTransformer3D(arch=arch, pretrained2d=False).state_dict()
    names = {name for name in wanted if not name.endswith(INDEX)}
    assert to_layout(backbone.state_dict(), "mmaction").keys() == names


@pytest.fixture
def files(backbone: SwinBackbone, tmp_path: Path) -> dict[str, Path]:
    """The same weights in each layout, with what such files hold besides."""
    weights = backbone.state_dict()
    inside = {f"backbone.{name}": tensor for name, tensor in weights.items()}
    text = {"text_projection.weight": torch.ones(2, 2)}
    head = {"head.weight": torch.ones(2, 2), "head.bias": torch.ones(2)}
    buffers = {f"layers.0.blocks.0.attn.{INDEX}": torch.zeros(49, 49, dtype=torch.int64)}
    contents = {
        "iclip": {"state_dict": inside | text, "meta": {}},
        "timm": weights | {"head.fc.weight": torch.ones(2, 2)},
        "official": {"model": to_layout(weights, "official") | head | buffers},
        "openmmlab": {"state_dict": to_layout(weights, "openmmlab")},
    }
    for name, content in contents.items():
        torch.save(content, tmp_path / f"{name}.pth")
    save_file(weights, tmp_path / "timm.safetensors")
    return {path.name: path for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "name", ["iclip.pth", "timm.pth", "timm.safetensors", "official.pth", "openmmlab.pth"]
)
def test_every_layout_is_read(name: str, files: dict[str, Path], backbone: SwinBackbone):
    file = read_backbone(files[name])
    assert file.layout == name.split(".")[0]
    weights = backbone.state_dict()
    assert file.weights.keys() == weights.keys()
    assert all(torch.equal(file.weights[key], tensor) for key, tensor in weights.items())
    again = SwinBackbone(arch=SIZES, checkpoint=str(files[name]))
    again.init_weights()
    assert all(torch.equal(again.state_dict()[key], t) for key, t in weights.items())


def test_timm_has_our_names(backbone: SwinBackbone):
    model = timm.create_model(
        "swin_tiny_patch4_window7_224", embed_dim=24, num_heads=(1, 2, 3, 4), depths=(2, 2, 2, 2)
    )
    kept = {n for n in model.state_dict() if not n.startswith("head.") and INDEX not in n}
    assert kept == backbone.state_dict().keys()


def test_file_without_a_swin_is_named(tmp_path: Path):
    torch.save({"layer1.conv.weight": torch.ones(1)}, tmp_path / "resnet.pth")
    with pytest.raises(ValueError, match=r"resnet\.pth holds no Swin .* layer1\.conv\.weight"):
        read_backbone(tmp_path / "resnet.pth")
    with pytest.raises(FileNotFoundError, match="absent"):
        read_backbone(tmp_path / "absent.safetensors")


def test_weights_that_do_not_all_arrive_stop_the_run(
    files: dict[str, Path], backbone: SwinBackbone, tmp_path: Path
):
    weights = dict(backbone.state_dict())
    del weights["layers.1.blocks.0.mlp.fc1.bias"]
    weights["extra.weight"] = torch.ones(1)
    torch.save(weights, tmp_path / "part.pth")
    part = str(tmp_path / "part.pth")
    with pytest.raises(ValueError, match=r"(?s)part\.pth.*layers\.1\.blocks\.0\.mlp.*extra"):
        SwinBackbone(arch=SIZES, checkpoint=part).init_weights()
    allowed = dict(allow_missing=["layers.1.blocks.0.mlp.fc1.bias"], allow_left_over=["extra."])
    SwinBackbone(arch=SIZES, checkpoint=part, **allowed).init_weights()
    with pytest.raises(ValueError, match="of another shape"):
        larger = dict(SIZES, embed_dims=48)
        SwinBackbone(arch=larger, checkpoint=str(files["timm.pth"])).init_weights()


def test_norm_of_pretraining_becomes_that_of_the_last_map(
    files: dict[str, Path], backbone: SwinBackbone
):
    model = SwinBackbone(
        arch=SIZES, out_indices=(1, 3), drop_path_rate=0.0, checkpoint=str(files["iclip.pth"])
    ).eval()
    model.init_weights()
    images = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(model(images)[1], backbone(images)[0])


def test_model_with_other_windows_gets_resized_tables(files: dict[str, Path]):
    model = SwinBackbone(arch=SIZES, window_size=5, checkpoint=str(files["iclip.pth"]))
    model.init_weights()
    assert model.layers[0].blocks[0].attn.relative_position_bias_table.shape == (81, 1)
