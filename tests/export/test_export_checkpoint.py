"""An export is read back whole, with nothing of the optimizer's."""

from pathlib import Path

import pytest
import torch

from iclip.checkpoints import load_checkpoint, read_backbone
from iclip.checkpoints.weight_files import read_tensors
from iclip.export import export_checkpoint
from iclip.models import SwinBackbone


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


@pytest.mark.parametrize(
    ("layout", "out", "message"),
    [
        ("timm", "out.bin", r"out\.bin: give a file that ends in \.pth or"),
        ("open_clip", "out.pth", "an open_clip model is a folder"),
        ("onnx", "out.pth", "layout='onnx' is unknown; take one of iclip, official"),
    ],
)
def test_unusable_targets_are_named(
    layout: str, out: str, message: str, checkpoint: Path, tmp_path: Path
):
    with pytest.raises(ValueError, match=message):
        export_checkpoint(checkpoint, layout, tmp_path / out)


def test_existing_files_are_kept(checkpoint: Path, tmp_path: Path):
    (tmp_path / "there.pth").write_bytes(b"kept")
    with pytest.raises(FileExistsError, match=r"there\.pth is there already; --force"):
        export_checkpoint(checkpoint, "timm", tmp_path / "there.pth")
    assert (tmp_path / "there.pth").read_bytes() == b"kept"
