"""A random cut-out whose colors and shape are changed at random, as timm's RandAugment does."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from iclip.datasets.transforms import RandomResizedCropFlip
from iclip.registry import TRANSFORMS

# timm shifts an image by up to this share of its side.
_LARGEST_SHIFT = 0.45


@TRANSFORMS.register_module()
class RandAugmentedCrop(RandomResizedCropFlip):
    """Cut out a random rectangle, resize it, mirror it, and change it by RandAugment (training).

    RandAugment (arXiv:1909.13719) is timm's, as its ImageNet recipes apply it. It draws from the
    global generators, which have their former states afterwards: the result is a function of bytes
    and seed.

    Args:
        size: Side of the result in pixels.
        rand_augment: timm's name of the policy. ``rand-m9-mstd0.5-inc1``, of Swin's recipe: two
            changes per image of magnitude 9 +- 0.5, each larger with its magnitude.
        fill: Color of what a shift or turn leaves empty, RGB in 0..255; CLIP's mean by default.
        **kwargs: See :class:`~iclip.datasets.transforms.RandomResizedCropFlip`.

    Raises:
        ValueError: A setting is outside its range, or timm has no such policy.
    """

    def __init__(
        self,
        size: int,
        rand_augment: str = "rand-m9-mstd0.5-inc1",
        fill: Sequence[int] = (123, 117, 104),
        **kwargs: Any,
    ) -> None:
        super().__init__(size, **kwargs)
        # timm.data imports all of timm's readers; other transforms do without.
        from timm.data.auto_augment import rand_augment_transform

        settings = {"translate_const": int(size * _LARGEST_SHIFT), "img_mean": tuple(fill)}
        try:
            self.rand_augment = rand_augment_transform(rand_augment, settings)
        except (AssertionError, KeyError, ValueError) as error:
            raise ValueError(
                f"rand_augment={rand_augment!r} is not a policy of timm's ({error!r}); give one "
                "such as 'rand-m9-mstd0.5-inc1'"
            ) from error

    def __call__(self, encoded: bytes, seed: int) -> Tensor:
        """Decode and augment one image.

        Returns:
            uint8, (3, size, size), RGB.

        Raises:
            DecodeError: The image cannot be decoded.
        """
        cut = super().__call__(encoded, seed)
        # C, H, W -> H, W, C
        image = Image.fromarray(cut.permute(1, 2, 0).numpy())
        with _generators_at(seed):
            changed = self.rand_augment(image)
        # H, W, C -> C, H, W
        return torch.from_numpy(np.array(changed)).permute(2, 0, 1).contiguous()


@contextmanager
def _generators_at(seed: int) -> Iterator[None]:
    """Seed Python's and numpy's generators, and give them back their states behind the block."""
    states = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
