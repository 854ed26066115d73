"""Both networks of a pair have the same weights, and a pass is what its name says."""

import pytest
import torch

from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.peers.swin_pairs import (
    PASSES,
    SIDES,
    VIDEO_SIDES,
    BackbonePass,
    random_inputs,
    swin,
    video_swin,
)

SETTINGS = Settings("cpu", rounds=1)


def test_both_image_networks_compute_the_same_maps():
    # Every map of 448 pixels is larger than a window, where both agree.
    inputs, maps = random_inputs((1, 3, 448, 448)), []
    for side in SIDES:
        model = swin(side)
        model.eval()  # on its own line, since mmdet's returns None
        with torch.no_grad():
            maps.append(model(inputs))
    for own, other in zip(*maps, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-4)


def test_both_video_networks_have_the_same_weights():
    ours, theirs = (video_swin(side).state_dict() for side in VIDEO_SIDES)
    assert {*ours} == {*theirs}
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("name", PASSES)
def test_only_the_training_pass_leaves_gradients(name: str, bf16: bool):
    model = torch.nn.Linear(2, 2)
    BackbonePass(model, torch.ones(1, 2), name, SETTINGS, bf16)()
    assert (model.weight.grad is not None) == (name == PASSES[1])
