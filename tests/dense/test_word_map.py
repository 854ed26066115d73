"""The word of each pixel, against all enlarged maps at once."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from iclip.dense.word_map import joined_background, word_map
from iclip.evaluation.class_iou import class_pixels
from iclip.evaluation.ranking import NO_CLASS


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(0))


def test_labels_and_margins_are_those_of_all_labels_at_once(logits: torch.Tensor) -> None:
    fine = F.interpolate(logits[None], (37, 50), mode="bilinear")[0]
    best, second = fine.topk(2, dim=0).values
    found = word_map(logits, 37, 50)
    assert (found.labels == fine.argmax(0).numpy()).all()
    np.testing.assert_allclose(found.margins, (best - second).numpy(), atol=1e-6)


def test_sure_is_what_the_softmax_makes_so_many_times_likelier(logits: torch.Tensor) -> None:
    fine = F.interpolate(logits[None], (9, 8), mode="bilinear")[0].softmax(dim=0)
    best, second = fine.topk(2, dim=0).values.numpy()
    sure = word_map(logits, 9, 8).sure(3.0)
    assert ((sure == NO_CLASS) == (best < 3.0 * second)).all()
    assert 0 < (sure == NO_CLASS).sum() < sure.size


@pytest.mark.parametrize("value", [0.0, 7.5])
def test_one_answer_to_all_names_no_pixel(value: float) -> None:
    found = word_map(torch.full((4, 2, 2), value), 6, 6)
    assert (found.labels == NO_CLASS).all()
    counts = class_pixels(found.labels, np.arange(36).reshape(6, 6) % 4, 4)
    assert counts.right.sum() == 0 and np.nanmax(counts.iou()) == 0


def test_backgrounds_words_compete_as_one(logits: torch.Tensor) -> None:
    joined = joined_background(logits, 3)
    assert joined.shape == (4, 3, 4)
    expected = torch.maximum(logits[3], logits[4])
    assert torch.equal(joined[3], expected) and torch.equal(joined[:3], logits[:3])
    assert joined_background(logits, 5) is logits
    # Two words of the background that are equally likely do not make a pixel unsure.
    equal = torch.tensor([0.0, 5.0, 5.0])[:, None, None]
    assert word_map(joined_background(equal, 1), 1, 1).sure(math.e**5).item() == 1
