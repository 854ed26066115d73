"""Exported backbones compute the same in the libraries' classes; all maps arrive, or it stops."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from mmengine.config import Config
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints.weight_files import read_tensors
from iclip.export import export_checkpoint
from iclip.models import SwinBackbone
from iclip.openmmlab.video.swin import VideoSwinBackbone
from tests.support.random_backbone import SIZES, random_backbone

import mmaction.registry  # isort: skip
import mmdet.models  # isort: skip
import mmdet.registry  # isort: skip
import mmseg.models  # isort: skip
import mmseg.registry  # isort: skip
from mmaction.models.backbones.swin import SwinTransformer3D  # isort: skip

ALL = (0, 1, 2, 3)
# Every map is larger than a window, so that mmdet shifts where the original does.
IMAGES = torch.randn(1, 3, 256, 300, generator=torch.Generator().manual_seed(0))
VIDEO = torch.randn(1, 3, 8, 64, 90, generator=torch.Generator().manual_seed(0))
REGISTRIES = {
    "mmdet": mmdet.registry.MODELS, "mmseg": mmseg.registry.MODELS,
    "mmaction": mmaction.registry.MODELS,
}  # fmt: skip


def save_model(backbone: nn.Module, path: Path) -> Path:
    """Save a small checkpoint of a fine-tuning."""
    weights = {f"backbone.{name}": tensor for name, tensor in backbone.state_dict().items()}
    weights |= {"neck.conv.weight": torch.ones(1), "roi_head.fc.bias": torch.ones(2)}
    torch.save({"state_dict": weights, "meta": {"iter": 7}}, path)
    return path


def detector(maps: Sequence[int] = ALL) -> SwinBackbone:
    return random_backbone(arch=SIZES, out_indices=maps)


def video_backbone(**settings: Any) -> VideoSwinBackbone:
    torch.manual_seed(0)
    model = VideoSwinBackbone(arch=SIZES, drop_path_rate=0.0, **settings)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    model.eval()
    return model


def built(load_with: str, scope: str) -> nn.Module:
    """What the manifest's line of a config builds, with its weights."""
    config = Config(eval(f"dict({load_with})")).backbone
    config.type = f"{scope}.{config.type.rpartition('.')[2]}"
    model = REGISTRIES[scope].build(config)
    model.init_weights()
    model.eval()
    return model


def assert_same_maps(found: Any, expected: Any) -> None:
    found, expected = ([m] if isinstance(m, Tensor) else list(m) for m in (found, expected))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert other.std() > 0.01
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("layout", ["official", "openmmlab"])
def test_mmdet_loads_it_by_init_cfg(
    layout: str, backbone: SwinBackbone, checkpoint: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    manifest = export_checkpoint(checkpoint, layout, "swin.pth")
    model = built(manifest["load_with"], "mmdet")
    images = torch.randn(1, 3, 256, 300)
    if layout == "official":
        # Its norm of pre-training has a name that mmdet's class does not have.
        model.norm3.load_state_dict(backbone.norm.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(model(images)[3], backbone(images)[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("cls", [mmdet.models.SwinTransformer, mmseg.models.SwinTransformer])
def test_openmmlab_finds_every_key(cls: type, checkpoint: Path, tmp_path: Path):
    export_checkpoint(checkpoint, "openmmlab", tmp_path / "swin.pth")
    model = cls(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4), out_indices=(3,))
    weights = torch.load(tmp_path / "swin.pth", weights_only=True)["state_dict"]
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    weights = {name.removeprefix("backbone."): tensor for name, tensor in weights.items()}
    model.load_state_dict(weights, strict=True)
    assert all(torch.equal(weights[name], buffer) for name, buffer in before.items())


def test_mmaction_inflates_the_official_file(
    backbone: SwinBackbone, checkpoint: Path, tmp_path: Path
):
    export_checkpoint(checkpoint, "official", tmp_path / "swin.pth")
    video = SwinTransformer3D(
        arch=dict(embed_dims=24, depths=[2, 2, 2, 2], num_heads=[1, 2, 3, 4]),
        pretrained=str(tmp_path / "swin.pth"),
        pretrained2d=True,
    )
    video.init_weights()
    video.eval()
    # It takes the norm of pre-training for no map's: the name is another one there.
    video.norm3.load_state_dict(backbone.norm.state_dict())
    image = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        out, expected = video(image[:, :, None].expand(-1, -1, 4, -1, -1)), backbone(image)[0]
    for frame in out.unbind(2):
        torch.testing.assert_close(frame, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_timm_loads_it(
    suffix: str, backbone: SwinBackbone, checkpoint: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    manifest = export_checkpoint(checkpoint, "timm", f"swin{suffix}")
    model = eval(manifest["load_with"], {"timm": timm}).eval()
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        expected = backbone.forward_pooled(images)
        torch.testing.assert_close(model(images), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("maps", [ALL, (1, 2, 3), (0, 1, 2), (3,)])
@pytest.mark.parametrize(
    ("layout", "scope"), [("openmmlab", "mmdet"), ("openmmlab", "mmseg"), ("official", "mmdet")]
)
@torch.no_grad()
def test_all_maps_of_a_detector_arrive(
    layout: str, scope: str, maps: tuple[int, ...], tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    source = detector(maps)
    manifest = export_checkpoint(save_model(source, tmp_path / "det.pth"), layout, "swin.pth")
    assert manifest["dropped"] == ["neck.conv.weight", "roi_head.fc.bias"]
    model = built(manifest["load_with"], scope)
    if layout == "official" and maps == (3,):  # a classifier's norm, which mmdet ignores
        model.norm3.load_state_dict(source.norm3.state_dict())
    assert_same_maps(model(IMAGES), source(IMAGES))


@pytest.mark.parametrize("layout", ["iclip", "official", "openmmlab"])
@torch.no_grad()
def test_all_maps_come_back_to_the_hub(layout: str, tmp_path: Path):
    source = detector()
    export_checkpoint(save_model(source, tmp_path / "det.pth"), layout, tmp_path / "swin.pth")
    model = SwinBackbone(arch=SIZES, out_indices=ALL, checkpoint=str(tmp_path / "swin.pth")).eval()
    model.init_weights()
    assert_same_maps(model(IMAGES), source(IMAGES))


@torch.no_grad()
def test_mmdets_own_detector_is_exported_whole(tmp_path: Path, monkeypatch):
    """From mmdet's names to the original detection code's, and back into mmdet."""
    monkeypatch.chdir(tmp_path)
    source = mmdet.models.SwinTransformer(**SIZES)
    for parameter in source.parameters():
        nn.init.normal_(parameter, std=0.2)
    source.eval()
    manifest = export_checkpoint(save_model(source, tmp_path / "det.pth"), "official", "swin.pth")
    assert_same_maps(built(manifest["load_with"], "mmdet")(IMAGES), source(IMAGES))


def test_layout_with_one_norm_stops_and_names_the_others(tmp_path: Path):
    file = save_model(detector((1, 2, 3)), tmp_path / "det.pth")
    told = r"det\.pth.*maps 1, 2, 3; the layout 'timm' has one norm.*--leave-out norm1 norm2"
    with pytest.raises(ValueError, match=told):
        export_checkpoint(file, "timm", tmp_path / "swin.pth")
    assert not (tmp_path / "swin.pth").exists()


@torch.no_grad()
def test_other_maps_are_given_up_by_name(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = detector()
    file = save_model(source, tmp_path / "det.pth")
    norms = ["norm0", "norm1", "norm2"]
    manifest = export_checkpoint(file, "timm", "swin.pth", leave_out=norms)
    dropped = {f"{norm}.{kind}" for norm in norms for kind in ("weight", "bias")}
    assert set(manifest["dropped"]) == dropped | {"neck.conv.weight", "roi_head.fc.bias"}
    model = eval(manifest["load_with"], {"timm": timm}).eval()
    images = torch.randn(1, 3, 224, 224)
    assert_same_maps(model.forward_features(images).permute(0, 3, 1, 2), source(images)[3])


@torch.no_grad()
def test_detector_becomes_a_classifiers_official_file(tmp_path: Path):
    """mmaction's inflation needs the norm of pre-training."""
    file = save_model(detector(), tmp_path / "det.pth")
    norms = ["norm0", "norm1", "norm2"]
    export_checkpoint(file, "official", tmp_path / "swin.pth", leave_out=norms)
    written = read_tensors(tmp_path / "swin.pth")[0]
    assert torch.equal(written["norm.weight"], detector().norm3.weight)


def test_norms_that_are_not_all_given_up_still_stop(tmp_path: Path):
    file = save_model(detector(), tmp_path / "det.pth")
    with pytest.raises(ValueError, match="has one norm"):
        export_checkpoint(file, "timm", tmp_path / "swin.pth", leave_out=["norm0"])


def test_nothing_but_norms_of_maps_is_given_up(tmp_path: Path):
    """An export without a stage's weights would load nowhere."""
    file = save_model(detector(), tmp_path / "det.pth")
    norms = ["norm0", "norm1", "norm2", "layers", "norm3"]
    export_checkpoint(file, "timm", tmp_path / "swin.pth", leave_out=norms)
    assert len(read_tensors(tmp_path / "swin.pth")[0]) == len(detector().state_dict()) - 6


@pytest.mark.parametrize(
    "settings",
    [
        {},
        dict(window_size=(2, 4, 4), patch_size=(4, 4, 4), out_indices=(2, 3)),
        dict(window_size=(5, 7, 7)),
    ],
)
@torch.no_grad()
def test_video_backbone_arrives_in_mmactions_class(settings: dict, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Where a map is smaller than a window in height alone, mmaction's class is another network.
    video = torch.randn(1, 3, 8, 224, 224)
    source = video_backbone(**settings)
    manifest = export_checkpoint(save_model(source, tmp_path / "vid.pth"), "official", "swin.pth")
    assert_same_maps(built(manifest["load_with"], "mmaction")(video), source(video))


@pytest.mark.parametrize("layout", ["official", "iclip"])
@torch.no_grad()
def test_video_backbone_comes_back_to_the_hub(layout: str, tmp_path: Path):
    source = video_backbone()
    export_checkpoint(save_model(source, tmp_path / "vid.pth"), layout, tmp_path / "swin.pth")
    model = VideoSwinBackbone(arch=SIZES, checkpoint=str(tmp_path / "swin.pth"))
    model.init_weights()
    model.eval()
    assert_same_maps(model(VIDEO), source(VIDEO))


@pytest.mark.parametrize("layout", ["openmmlab", "timm"])
def test_video_backbone_has_no_image_layout(layout: str, tmp_path: Path):
    file = save_model(video_backbone(), tmp_path / "vid.pth")
    with pytest.raises(ValueError, match=rf"a video backbone.*'{layout}' is of image.*official"):
        export_checkpoint(file, layout, tmp_path / "swin.pth")


def test_video_backbone_does_not_fit_an_image_model(tmp_path: Path):
    file = save_model(video_backbone(), tmp_path / "vid.pth")
    model = SwinBackbone(arch=SIZES, out_indices=(3,), checkpoint=str(file))
    with pytest.raises(ValueError, match=r"of another shape.*patch_embed\.proj\.weight"):
        model.init_weights()


CONV = dict(arch=dict(embed_dims=24, depths=(2, 2), num_heads=(1, 2)), stem="conv", window_size=4)


def test_convolutional_stem_has_no_other_layout(tmp_path: Path):
    torch.save(random_backbone(**CONV).state_dict(), tmp_path / "micro.pth")
    with pytest.raises(ValueError, match=r"convolutional stem .*'timm' cannot hold.*layout iclip"):
        export_checkpoint(tmp_path / "micro.pth", "timm", tmp_path / "out.pth")
    assert not (tmp_path / "out.pth").exists()


def test_convolutional_stem_comes_back_to_the_hub(tmp_path: Path):
    micro = random_backbone(**CONV)
    torch.save(micro.state_dict(), tmp_path / "micro.pth")
    export_checkpoint(tmp_path / "micro.pth", "iclip", tmp_path / "out.pth")
    back = SwinBackbone(**CONV, checkpoint=str(tmp_path / "out.pth"))
    back.init_weights()
    assert all(torch.equal(back.state_dict()[n], t) for n, t in micro.state_dict().items())
