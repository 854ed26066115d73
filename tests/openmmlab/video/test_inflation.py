"""Inflated weights of an image backbone."""

from pathlib import Path

import torch

import iclip.openmmlab  # noqa: F401  (before mmaction)
from iclip.models import SwinBackbone

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip


SMALL = dict(embed_dims=24, depths=(2, 2), num_heads=(1, 2))


def image_backbone(path: Path, **settings) -> SwinBackbone:
    torch.manual_seed(0)
    model = SwinBackbone(drop_path_rate=0.0, **settings).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    torch.save(model.state_dict(), path)
    return model


def test_another_window_resizes_the_tables(tmp_path: Path):
    image_backbone(tmp_path / "image.pth", arch=SMALL)
    video = VideoSwinBackbone(
        arch=SMALL, window_size=(4, 5, 5), checkpoint=str(tmp_path / "image.pth")
    )
    video.init_weights()
    table = video.layers[0].blocks[0].attn.relative_position_bias_table
    assert table.shape == (7 * 9 * 9, 1)
    assert torch.equal(table[:81], table[81:162])
