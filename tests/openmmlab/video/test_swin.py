"""Video Swin from an image backbone's file."""

import copy
from pathlib import Path

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before mmaction)
from iclip.models import SwinBackbone
from tests.support.random_backbone import save_random_backbone

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip
from tests.support.saved_tensors import saved_bytes  # isort: skip


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
        (dict(frozen_stages=3), "frozen_stages=3: the network has 2 stages; give -1"),
        (dict(out_indices=(0, 2)), r"out_indices=\(0, 2\): name stages between 0 and 1"),
    ],
)
def test_setting_that_the_network_does_not_take_is_refused(setting: dict, told: str):
    with pytest.raises(ValueError, match=told):
        VideoSwinBackbone(arch=SMALL, **setting)


@pytest.mark.parametrize(
    ("frozen_stages", "frozen"),
    [
        (-1, ()),
        (0, ("patch_embed.", "pos_drop.")),
        (1, ("patch_embed.", "pos_drop.", "layers.0.", "norm0.")),
        (2, ("patch_embed.", "pos_drop.", "layers.", "norm")),
    ],
)
def test_frozen_stages_get_no_gradient_and_stay_in_evaluation_mode(
    frozen_stages: int, frozen: tuple[str, ...]
):
    model = VideoSwinBackbone(
        arch=SMALL, window_size=(8, 4, 4), stem="conv", out_indices=(0, 1), drop_rate=0.5,
        frozen_stages=frozen_stages,
    ).train()  # fmt: skip
    before = copy.deepcopy(model.state_dict())
    video = torch.randn(1, 3, 4, 32, 32)
    total = sum(m.sum() for m in model(video))
    if frozen_stages < 2:
        total.backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith(frozen), name
    resting = {name for name, module in model.named_modules() if name and not module.training}
    assert resting == {
        name for name, _ in model.named_modules() if f"{name}.".startswith(frozen or "-")
    } - {"layers"}
    if frozen_stages >= 0:  # the stem's running statistics
        torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("with_cp", [False, True])
def test_whole_frozen_backbone_keeps_nothing_for_the_backward_pass(with_cp: bool):
    model = VideoSwinBackbone(
        arch=SMALL, window_size=(8, 4, 4), frozen_stages=2, with_cp=with_cp
    ).train()
    assert saved_bytes(lambda: model(torch.randn(1, 3, 4, 32, 32))) == 0


def test_frozen_stages_compute_nothing_again():
    model = VideoSwinBackbone(arch=SMALL, frozen_stages=1, with_cp=True)
    assert [stage.with_cp for stage in model.layers] == [False, True]


def test_layers_are_those_of_the_image_backbone():
    sizes = dict(embed_dims=8, depths=(2, 1, 3), num_heads=(1, 2, 4))
    video = VideoSwinBackbone(sizes).layers_to_heads()
    image = SwinBackbone(sizes).layers_to_heads()
    # mmaction's merging lies at the end of the stage before.
    moved = {
        name.replace(f"layers.{i}.downsample", f"layers.{i - 1}.downsample"): layer
        for name, layer in image.items()
        for i in [int(name.split(".")[1]) if ".downsample." in name else 0]
    }
    assert video == {name.replace("norm.", "norm2.") if name.startswith("norm.") else name: layer
                     for name, layer in moved.items()}  # fmt: skip
