"""Video Swin from an image backbone's file."""

from pathlib import Path

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before mmaction)
from tests.support.random_backbone import save_random_backbone

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip


SIZES = dict(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4))


SMALL = dict(embed_dims=24, depths=(2, 2), num_heads=(1, 2))


# The last two have maps smaller than a window in rows or in columns alone.
@pytest.mark.parametrize("size", [(224, 224), (256, 320), (231, 250), (64, 256), (250, 40)])
def test_still_video_gives_the_image_models_map(size: tuple[int, int], tmp_path: Path):
    images = save_random_backbone(tmp_path / "image.pth", arch=SIZES)
    video = VideoSwinBackbone(arch=SIZES, checkpoint=str(tmp_path / "image.pth"))
    video.init_weights()
    video.eval()
    image = torch.randn(1, 3, *size)
    with torch.no_grad():
        expected = images(image)[0]
        out = video(image[:, :, None].expand(-1, -1, 6, -1, -1))
    assert out.shape[2] == 3
    for frame in out.unbind(2):
        torch.testing.assert_close(frame, expected, rtol=1e-5, atol=1e-5 * expected.abs().max())


@pytest.mark.parametrize("frames", [8, 7])
def test_still_video_behind_the_convolutional_stem(frames: int, tmp_path: Path):
    settings = dict(arch=SMALL, window_size=4, stem="conv")
    images = save_random_backbone(tmp_path / "image.pth", **settings)
    settings["window_size"] = (8, 4, 4)
    video = VideoSwinBackbone(checkpoint=str(tmp_path / "image.pth"), **settings)
    video.init_weights()
    video.eval()
    image = torch.randn(2, 3, 48, 40)
    with torch.no_grad():
        expected = images(image)[0]
        out = video(image[:, :, None].expand(-1, -1, frames, -1, -1))
    for frame in out.unbind(2):
        torch.testing.assert_close(frame, expected, rtol=1e-4, atol=1e-5)


def test_weights_of_another_network_stop_the_run(tmp_path: Path):
    save_random_backbone(tmp_path / "image.pth", arch=SMALL)
    video = VideoSwinBackbone(arch=SIZES, checkpoint=str(tmp_path / "image.pth"))
    with pytest.raises(ValueError, match=r"(?s)image\.pth: .*missing from the checkpoint"):
        video.init_weights()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (dict(pretrained="swin.pth"), r"takes checkpoint=\.\.\., not pretrained"),
        (dict(attn_drop_rate=0.1), "does not take attn_drop_rate: its attention has no"),
        (dict(stem="line"), "stem='line' is unknown"),
    ],
)
def test_setting_that_the_network_does_not_take_is_refused(setting: dict, told: str):
    with pytest.raises(ValueError, match=told):
        VideoSwinBackbone(arch=SMALL, **setting)
