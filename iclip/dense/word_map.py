"""The word of each pixel, from what the positions of a coarse map say about each word."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from iclip.evaluation.ranking import NO_CLASS


@dataclass(frozen=True)
class WordMap:
    """The likeliest label of each pixel.

    Attributes:
        labels: (H, W) int64; :data:`~iclip.evaluation.ranking.NO_CLASS` where several labels share
            the best logit.
        margins: How far the best logit is above the second, (H, W) float32: the log of how many
            times likelier the label is than the next.
    """

    labels: npt.NDArray[np.int64]
    margins: npt.NDArray[np.float32]

    def sure(self, odds: float) -> npt.NDArray[np.int64]:
        """Return the labels (H, W), NO_CLASS where one is not ``odds`` times likelier than all."""
        return np.where(self.margins >= math.log(odds), self.labels, NO_CLASS)


def word_map(logits: Tensor, height: int, width: int) -> WordMap:
    """Enlarge each label's logits to an image's size (bilinear), and take the best label.

    Args:
        logits: (N, h, w), finite.
        height: The image's.
        width: The image's.
    """
    best = logits.new_full((height, width), -torch.inf)
    second = best.clone()
    labels = torch.full((height, width), NO_CLASS)
    # One label at a time: 150 enlarged maps of a photo of 12 megapixels would take 7 GB.
    for label, coarse in enumerate(logits):
        fine = F.interpolate(coarse[None, None], (height, width), mode="bilinear")[0, 0]
        higher = fine > best
        second = torch.where(higher, best, torch.maximum(second, fine))
        best = torch.where(higher, fine, best)
        labels[higher] = label
    labels[best == second] = NO_CLASS
    return WordMap(labels.numpy(), (best - second).numpy())


def joined_background(logits: Tensor, num_words: int) -> Tensor:
    """Make one label of the words behind the first ``num_words``: the best of them, (n, h, w)."""
    words, background = logits[:num_words], logits[num_words:]
    return logits if not len(background) else torch.cat([words, background.amax(0, keepdim=True)])
