"""IoU per class against a loop over pixels, and against mmseg's."""

import math

import numpy as np
import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.evaluation.class_iou import class_pixels, mean_iou, mean_iou_by_chance

CLASSES = 5


@pytest.fixture
def maps() -> tuple[np.ndarray, np.ndarray]:
    """Predicted and true classes; of the last there is none, 255 is not counted."""
    rng = np.random.default_rng(0)
    predicted, true = rng.integers(0, 4, (2, 30, 40))
    true[:5] = 255
    return predicted, true


def test_counts_are_those_of_a_loop(maps: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, true = maps
    predicted[10:12] = -1
    found = class_pixels(predicted, true, CLASSES)
    right, guessed, wanted = np.zeros((3, CLASSES), int)
    for guess, truth in zip(predicted.ravel(), true.ravel(), strict=True):
        if truth == 255:
            continue
        wanted[truth] += 1
        if guess >= 0:
            guessed[guess] += 1
        right[truth] += guess == truth
    assert (found.right == right).all()
    assert (found.predicted == guessed).all() and (found.true == wanted).all()
    assert found.accuracy() == right.sum() / wanted.sum()


def test_iou_is_mmsegs(maps: tuple[np.ndarray, np.ndarray]) -> None:
    from mmseg.evaluation.metrics import IoUMetric

    predicted, true = maps
    half = class_pixels(predicted[:11], true[:11], CLASSES)
    found = half + class_pixels(predicted[11:], true[11:], CLASSES)
    areas = IoUMetric.intersect_and_union(
        torch.from_numpy(predicted), torch.from_numpy(true), CLASSES, 255
    )
    expected = IoUMetric.total_area_to_metrics(*areas)["IoU"]
    np.testing.assert_allclose(found.iou(), expected)
    assert math.isnan(found.iou()[4])
    assert mean_iou(found) == pytest.approx(100 * np.nanmean(expected))


def test_chance_is_that_of_drawn_classes() -> None:
    rng = np.random.default_rng(0)
    true = rng.choice(CLASSES, p=[0.6, 0.2, 0.1, 0.06, 0.04], size=(1000, 1000))
    drawn = class_pixels(rng.integers(0, CLASSES, true.shape), true, CLASSES)
    assert mean_iou_by_chance(drawn) == pytest.approx(mean_iou(drawn), abs=0.05)
