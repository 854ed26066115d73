"""Inflated weights of an image backbone."""

from pathlib import Path

import torch

import iclip.openmmlab  # noqa: F401  (before mmaction)
from tests.support.random_backbone import save_random_backbone

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip

SMALL = dict(embed_dims=24, depths=(2, 2), num_heads=(1, 2))


def test_another_window_resizes_the_tables(tmp_path: Path):
    save_random_backbone(tmp_path / "image.pth", arch=SMALL)
    video = VideoSwinBackbone(
        arch=SMALL, window_size=(4, 5, 5), checkpoint=str(tmp_path / "image.pth")
    )
    video.init_weights()
    table = video.layers[0].blocks[0].attn.relative_position_bias_table
    assert table.shape == (7 * 9 * 9, 1)
    assert torch.equal(table[:81], table[81:162])
