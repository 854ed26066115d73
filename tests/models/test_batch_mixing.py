"""Mixed batches are timm's, and labels are shares that add up to one."""

import random

import numpy as np
import pytest
import torch
from timm.data.mixup import Mixup
from timm.loss import LabelSmoothingCrossEntropy, SoftTargetCrossEntropy
from torch import Tensor
from torch.nn import functional as F

from iclip.models.batch_mixing import BatchMixing

CLASSES = 5


def batch(size: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(size)
    images = torch.randn(size, 3, 8, 8, generator=generator)
    return images, torch.randint(CLASSES, (size,), generator=generator)


def seed(value: int) -> None:
    random.seed(value)
    np.random.seed(value)
    torch.manual_seed(value)


@pytest.mark.parametrize("alphas", [(0.8, 0.0), (0.0, 1.0), (0.8, 1.0)], ids=str)
@pytest.mark.parametrize("number", range(4))
def test_an_even_batch_is_timm_s(alphas: tuple[float, float], number: int):
    images, labels = batch(6)
    mixing = BatchMixing(CLASSES, *alphas, label_smoothing=0.1)
    seed(number)
    ours = mixing(images, labels)
    seed(number)
    theirs = Mixup(*alphas, label_smoothing=0.1, num_classes=CLASSES)(images.clone(), labels)
    assert all(torch.equal(*pair) for pair in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_any_number_of_images_keeps_its_shares(size: int):
    images, labels = batch(size)
    before = images.clone()
    mixed, targets = BatchMixing(CLASSES, 0.8, 1.0, label_smoothing=0.1, erase_share=0.5)(
        images, labels
    )
    assert mixed.shape == images.shape and targets.shape == (size, CLASSES)
    assert torch.allclose(targets.sum(dim=1), torch.ones(size))
    assert images.equal(before), "the caller's images have changed"


def test_the_odd_image_is_not_mixed():
    images, labels = batch(5)
    mixed, targets = BatchMixing(CLASSES, mixup_alpha=1.0)(images, labels)
    assert mixed[-1].equal(images[-1]) and targets[-1].equal(F.one_hot(labels, CLASSES)[-1].float())
    assert not mixed[0].equal(images[0])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_without_mixing_the_loss_is_timm_s_label_smoothing(smoothing: float):
    images, labels = batch(6)
    same, targets = BatchMixing(CLASSES, label_smoothing=smoothing)(images, labels)
    logits = torch.randn(6, CLASSES, generator=torch.Generator().manual_seed(1))
    expected = LabelSmoothingCrossEntropy(smoothing)(logits, labels)
    assert same is images
    assert torch.allclose(F.cross_entropy(logits, targets), expected)
    assert torch.allclose(SoftTargetCrossEntropy()(logits, targets), expected)


def test_erasing_replaces_rectangles_by_noise():
    images = torch.zeros(40, 3, 16, 16)
    seed(0)
    erased, _ = BatchMixing(CLASSES, erase_share=0.5)(images, torch.zeros(40, dtype=torch.int64))
    changed = (erased != 0).flatten(1).any(dim=1)
    assert 8 < changed.sum() < 32
    filled = erased[changed][0] != 0
    rows, columns = filled.any(dim=0).any(dim=1), filled.any(dim=0).any(dim=0)
    assert filled[:, rows][:, :, columns].all(), "what is erased is not a rectangle"


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (dict(mixup_alpha=-1.0), "mixing.mixup_alpha is -1.0; it takes a number from 0 up"),
        (dict(cutmix_alpha=float("nan")), "mixing.cutmix_alpha is nan"),
        (dict(label_smoothing=1.5), "mixing.label_smoothing is 1.5; it takes a share from 0 to 1"),
        (dict(erase_share=-0.1), "mixing.erase_share is -0.1"),
        (dict(cutmix_share=2.0), "mixing.cutmix_share is 2.0"),
    ],
)
def test_settings_outside_their_range_are_errors(setting: dict[str, float], told: str):
    with pytest.raises(ValueError, match=told):
        BatchMixing(CLASSES, **setting)
