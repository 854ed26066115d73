import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data.auto_augment import rand_augment_transform

from iclip.datasets.augmented_crop import RandAugmentedCrop
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.transforms import RandomResizedCropFlip


@pytest.fixture(scope="module")
def encoded(encode: Callable[..., bytes]) -> bytes:
    return encode(48, 40)


@pytest.mark.parametrize("seed", [0, 7, 2**40 + 3])
def test_equals_timm_s_on_the_cut_out(encoded: bytes, seed: int):
    found = RandAugmentedCrop(32)(encoded, seed)
    cut = RandomResizedCropFlip(32)(encoded, seed)
    settings = {"translate_const": int(32 * 0.45), "img_mean": (123, 117, 104)}
    augment = rand_augment_transform("rand-m9-mstd0.5-inc1", settings)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    expected = np.asarray(augment(Image.fromarray(cut.permute(1, 2, 0).numpy())))
    assert found.dtype == torch.uint8 and found.shape == (3, 32, 32)
    assert np.array_equal(found.permute(1, 2, 0).numpy(), expected)


def test_is_a_function_of_bytes_and_seed_and_leaves_the_generators_alone(encoded: bytes):
    transform = RandAugmentedCrop(32)
    random.seed(1)
    np.random.seed(1)
    expected = random.random(), np.random.rand()
    random.seed(1)
    np.random.seed(1)
    images = [transform(encoded, 5) for _ in range(2)]
    assert images[0].equal(images[1])
    assert (random.random(), np.random.rand()) == expected


def test_seeds_change_the_colors(encoded: bytes):
    transform = RandAugmentedCrop(32)
    assert len({transform(encoded, seed).numpy().tobytes() for seed in range(8)}) == 8


def test_damaged_images_are_decode_errors(encoded: bytes):
    with pytest.raises(DecodeError):
        RandAugmentedCrop(32)(b"no image", 0)


@pytest.mark.parametrize("policy", ["augmix", "rand-m9-z3"])
def test_a_policy_that_timm_does_not_have_is_an_error(policy: str):
    with pytest.raises(ValueError, match=f"rand_augment='{policy}' is not a policy of timm's"):
        RandAugmentedCrop(32, rand_augment=policy)
