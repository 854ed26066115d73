"""Exported files in the libraries that they are for, by the line that the manifest gives."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from mmengine.config import Config
from safetensors import safe_open
from torch import nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints import load_checkpoint, read_backbone
from iclip.checkpoints.weight_files import read_tensors
from iclip.commands import export as command
from iclip.commands.command_line import main
from iclip.export import export_checkpoint
from iclip.models import SwinBackbone
from tests.export.random_backbone import random_backbone

import mmdet.models  # isort: skip
import mmdet.registry  # isort: skip
from mmaction.models.backbones.swin import SwinTransformer3D  # isort: skip
from mmseg.models.backbones.swin import SwinTransformer as SegmentationSwin  # isort: skip


def framework_model(manifest: dict[str, Any]) -> nn.Module:
    """What the manifest's line of a config builds, with its weights, in evaluation mode."""
    config = Config(eval(f"dict({manifest['load_with']})"))
    model = mmdet.registry.MODELS.build(config.backbone)
    model.init_weights()
    model.eval()  # which returns nothing there
    return model


@pytest.mark.parametrize("layout", ["official", "openmmlab"])
def test_mmdet_loads_it_by_init_cfg(
    layout: str, backbone: SwinBackbone, checkpoint: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    manifest = export_checkpoint(checkpoint, layout, "swin.pth")
    model = framework_model(manifest)
    images = torch.randn(1, 3, 256, 300)
    if layout == "official":
        # Its norm of pre-training has a name that mmdet gives no map's.
        model.norm3.load_state_dict(backbone.norm.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(model(images)[3], backbone(images)[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("cls", [mmdet.models.SwinTransformer, SegmentationSwin])
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


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("layout", ["iclip", "official", "openmmlab", "timm"])
def test_round_trip_with_no_key_left(
    layout: str, suffix: str, backbone: SwinBackbone, checkpoint: Path, tmp_path: Path
):
    out = tmp_path / f"swin{suffix}"
    manifest = export_checkpoint(checkpoint, layout, out)
    file = read_backbone(out)
    weights = backbone.state_dict()
    assert file.layout == layout
    assert file.weights.keys() == weights.keys()
    assert all(torch.equal(file.weights[name], tensor) for name, tensor in weights.items())
    assert manifest["dropped"] == ([] if layout == "iclip" else ["logit_scale"])
    # And back: what was exported is exported again.
    export_checkpoint(out, "iclip", tmp_path / "again.pth")
    again = read_tensors(tmp_path / "again.pth")[0]
    assert all(torch.equal(again[f"backbone.{name}"], t) for name, t in weights.items())


def test_iclip_layout_is_the_model_without_the_optimizer(checkpoint: Path, tmp_path: Path):
    export_checkpoint(checkpoint, "iclip", tmp_path / "slim.pth")
    slim = load_checkpoint(tmp_path / "slim.pth")
    assert slim.keys() == {"state_dict", "meta"}
    assert slim["meta"] == load_checkpoint(checkpoint)["meta"]
    assert slim["state_dict"].keys() == load_checkpoint(checkpoint)["state_dict"].keys()


def test_one_of_several_sets_of_weights_is_exported(backbone: SwinBackbone, tmp_path: Path):
    average = {name: tensor + 1 for name, tensor in backbone.state_dict().items()}
    content = {"state_dict": backbone.state_dict(), "state_dict_ema": average}
    torch.save(content, tmp_path / "run.pth")
    named = f"{tmp_path / 'run.pth'}#state_dict_ema"
    manifest = export_checkpoint(named, "timm", tmp_path / "out.pth")
    written = read_tensors(tmp_path / "out.pth")[0]
    assert torch.equal(written["norm.weight"], average["norm.weight"])
    assert "took 'state_dict_ema', an average" in manifest["source"]["choice"]


def test_manifest_tells_what_the_file_is(checkpoint: Path, tmp_path: Path):
    out = tmp_path / "swin.safetensors"
    returned = export_checkpoint(checkpoint, "official", out)
    manifest = json.loads((tmp_path / "swin.safetensors.json").read_text())
    assert json.loads(json.dumps(returned)) == manifest
    assert manifest["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    source = manifest["source"]
    assert source["sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert (source["file"], source["iter"], source["samples_seen"]) == ("latest.pth", 7, 896)
    with safe_open(out, "pt") as file:
        assert manifest["tensors"].keys() == set(file.keys())
        shapes = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    assert {name: tensor["shape"] for name, tensor in manifest["tensors"].items()} == shapes
    assert manifest["architecture"] == {
        "embed_dims": 24, "depths": [2, 2, 2, 2], "num_heads": [1, 2, 3, 4], "window_size": 7,
    }  # fmt: skip


def test_convolutional_stem_stays_at_home(tmp_path: Path, capsys):
    sizes = dict(embed_dims=24, depths=(2, 2), num_heads=(1, 2))
    micro = random_backbone(arch=sizes, stem="conv", window_size=4)
    torch.save(micro.state_dict(), tmp_path / "micro.pth")
    with pytest.raises(ValueError, match=r"convolutional stem .*'timm' cannot hold.*layout iclip"):
        export_checkpoint(tmp_path / "micro.pth", "timm", tmp_path / "out.pth")
    assert not (tmp_path / "out.pth").exists()
    export_checkpoint(tmp_path / "micro.pth", "iclip", tmp_path / "out.pth")
    back = SwinBackbone(
        arch=sizes, stem="conv", window_size=4, checkpoint=str(tmp_path / "out.pth")
    )
    back.init_weights()
    assert all(torch.equal(back.state_dict()[n], t) for n, t in micro.state_dict().items())


def test_targets_that_cannot_be(checkpoint: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=r"out\.bin: give a file that ends in \.pth or"):
        export_checkpoint(checkpoint, "timm", tmp_path / "out.bin")
    with pytest.raises(ValueError, match="an open_clip model is a folder"):
        export_checkpoint(checkpoint, "open_clip", tmp_path / "out.pth")
    with pytest.raises(ValueError, match="layout='onnx' is unknown; take one of iclip, official"):
        export_checkpoint(checkpoint, "onnx", tmp_path / "out.pth")
    (tmp_path / "there.pth").write_bytes(b"kept")
    with pytest.raises(FileExistsError, match=r"there\.pth is there already; --force"):
        export_checkpoint(checkpoint, "timm", tmp_path / "there.pth")
    assert (tmp_path / "there.pth").read_bytes() == b"kept"


def test_command_line(checkpoint: Path, tmp_path: Path, capsys):
    out = str(tmp_path / "swin.safetensors")
    assert main(command, [str(checkpoint), "--layout", "timm", "--out", out]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{out}: 119 tensors, 1.3 M numbers")
    assert "left out (1): logit_scale" in told
    assert "load with: timm.create_model(" in told
    assert main(command, [str(checkpoint), "--layout", "timm", "--out", out]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(command, [str(checkpoint), "--layout", "timm", "--out", out, "--force"]) == 0
    absent = str(tmp_path / "no.pth")
    assert main(command, [absent, "--layout", "timm", "--out", out, "--force"]) == 2
    assert "no.pth does not exist" in capsys.readouterr().err
