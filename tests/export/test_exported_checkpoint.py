"""What is read of a checkpoint before its export: its sizes, its maps, its windows."""

from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.models import SwinBackbone
from tests.support.random_backbone import SIZES, random_backbone


def read(path: Path, **settings: Any) -> ExportedCheckpoint:
    torch.save(random_backbone(**dict(arch=SIZES) | settings).state_dict(), path)
    return ExportedCheckpoint.read(path)


@pytest.mark.parametrize(
    ("out_indices", "maps"), [(None, ()), ((0, 1, 2, 3), (0, 1, 2, 3)), ((1, 2), (1, 2))]
)
def test_maps_are_those_with_norms_of_their_own(out_indices, maps, tmp_path: Path):
    assert read(tmp_path / "a.pth", out_indices=out_indices).maps == maps


def test_window_and_patch_are_read_from_the_weights(tmp_path: Path):
    checkpoint = read(tmp_path / "a.pth", window_size=5, patch_size=2)
    assert (checkpoint.window, checkpoint.patch_size, checkpoint.window_frames) == (5, 2, 0)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (dict(arch="tiny"), "swin_tiny_patch4_window7_224"),
        (dict(arch="base", window_size=12), "swin_base_patch4_window12_384"),
        (dict(arch="tiny", window_size=12), None),
        (dict(arch="tiny", patch_size=2), None),
        (dict(arch=SIZES), None),
    ],
)
def test_timm_names_its_own_sizes_only(settings: dict[str, Any], name: str | None, tmp_path: Path):
    with torch.device("meta"):
        shapes = SwinBackbone(**settings).state_dict()
    weights = {key: torch.empty(1).expand(tensor.shape) for key, tensor in shapes.items()}
    torch.save(weights, tmp_path / "a.pth")
    assert ExportedCheckpoint.read(tmp_path / "a.pth").timm_name == name


@pytest.mark.parametrize("frames", [2, 5, 8])
@pytest.mark.parametrize(("side", "has_index"), [(7, True), (7, False), (4, True)])
def test_window_of_a_video_backbone_is_read_from_its_table(
    side: int, has_index: bool, frames: int, tmp_path: Path
):
    rows, tokens = (2 * frames - 1) * (2 * side - 1) ** 2, frames * side**2
    block = "layers.0.blocks.0.attn"
    weights = {
        "patch_embed.proj.weight": torch.zeros(4, 3, 2, 4, 4),
        "patch_embed.norm.weight": torch.zeros(4),
        f"{block}.qkv.weight": torch.zeros(12, 4),
        f"{block}.relative_position_bias_table": torch.zeros(rows, 1),
    }
    if has_index:
        index = torch.zeros(1, dtype=torch.int64).expand(tokens, tokens)
        weights[f"{block}.relative_position_index"] = index
    torch.save(weights, tmp_path / "a.pth")
    checkpoint = ExportedCheckpoint.read(tmp_path / "a.pth")
    assert (checkpoint.window_frames, checkpoint.window) == (frames, side)
