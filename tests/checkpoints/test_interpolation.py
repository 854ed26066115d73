"""Weights between two trainings' ends."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from iclip.checkpoints.interpolation import interpolate


def weights(seed: int, **changes: Tensor) -> dict[str, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    tensors = {
        "backbone.weight": torch.randn(3, 2, generator=chance),
        "backbone.half": torch.randn(4, generator=chance).half(),
        "backbone.index": torch.tensor([[0, 1], [1, 0]]),
        "backbone.mask": torch.tensor([0.0, -math.inf]),
        "bn.num_batches_tracked": torch.tensor(seed),
        "head.class_embeds": torch.eye(3),
        "head.trained": torch.tensor([True, seed > 0, True]),
    }
    return tensors | changes


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_each_number_is_the_weighted_mean(share: float):
    first, second = weights(0), weights(1)
    found = interpolate(first, second, share)
    for name in ("backbone.weight", "backbone.half"):
        pairs = zip(first[name].flatten().tolist(), second[name].flatten().tolist(), strict=True)
        expected = np.array([(1 - share) * a + share * b for a, b in pairs])
        assert found.tensors[name].dtype == second[name].dtype
        eps = torch.finfo(second[name].dtype).eps
        np.testing.assert_allclose(
            found.tensors[name].flatten().double().numpy(), expected, rtol=eps, atol=eps
        )
    assert (found.moved, found.equal) == (2, 3)


@pytest.mark.parametrize(("share", "end"), [(0.0, 0), (1.0, 1)])
def test_ends_are_the_two_files_to_the_bit(share: float, end: int):
    found = interpolate(weights(0), weights(1), share).tensors
    for name in ("backbone.weight", "backbone.half", "backbone.mask"):
        assert torch.equal(found[name], weights(end)[name])


def test_what_a_training_counts_is_the_second_s():
    found = interpolate(weights(0), weights(1), 0.5)
    assert found.taken == ("bn.num_batches_tracked", "head.trained")
    assert found.tensors["bn.num_batches_tracked"] == 1 and found.tensors["head.trained"].all()


def test_embeddings_of_the_same_texts_in_other_precision_are_the_second_s():
    turned = torch.eye(3) + 1e-3
    found = interpolate(weights(0), weights(1, **{"head.class_embeds": turned}), 0.5)
    assert torch.equal(found.tensors["head.class_embeds"], turned)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"backbone.weight": torch.ones(2, 2)}, r"of another shape \(1\): backbone\.weight"),
        ({"neck.weight": torch.ones(1)}, r"only in the second \(1\): neck\.weight"),
        ({"backbone.index": torch.zeros(2, 2).long()}, r"of other whole numbers \(1\): backb"),
        (
            {"head.class_embeds": torch.eye(3)[[1, 0, 2]]},
            r"of other classes or another text tower \(1\): head\.class_embeds",
        ),
        (
            {"backbone.weight": torch.full((3, 2), math.nan)},
            r"1 tensor of the second weights are not finite: backbone\.weight",
        ),
        (
            {"head.class_embeds": torch.full((3, 3), math.nan)},
            r"1 tensor of the second weights are not finite: head\.class_embeds",
        ),
    ],
)
def test_other_weights_are_refused(changes: dict[str, Tensor], told: str):
    with pytest.raises(ValueError, match=told):
        interpolate(weights(0), weights(1, **changes), 0.5)


def test_lacking_tensors_are_named():
    second = weights(1)
    del second["backbone.mask"]
    with pytest.raises(ValueError, match=r"only in the first \(1\): backbone\.mask"):
        interpolate(weights(0), second, 0.5)


@pytest.mark.parametrize("share", [-0.1, 1.5, math.nan])
def test_share_out_of_range_is_refused(share: float):
    with pytest.raises(ValueError, match=r"share is .*; it takes a number from 0 \(the first\)"):
        interpolate(weights(0), weights(1), share)
