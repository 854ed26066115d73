"""What the manifest says of an exported file is what the file holds."""

import hashlib
import json
from pathlib import Path

from safetensors import safe_open

from iclip.export import export_checkpoint


def test_manifest_describes_the_file(checkpoint: Path, tmp_path: Path):
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
