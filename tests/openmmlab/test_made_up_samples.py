"""Made-up batches hold what the tasks' data loaders give: pixels, and labels that fit them."""

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.made_up_samples import (  # isort: skip
    SMALL_SHAPES,
    detection_sample,
    made_up_batch,
    segmentation_sample,
)


@pytest.mark.parametrize("task", SMALL_SHAPES)
def test_small_batch_has_the_stated_shape(task: str):
    batch = made_up_batch(task)
    assert torch.stack(batch["inputs"]).shape == SMALL_SHAPES[task]
    assert len(batch["data_samples"]) == SMALL_SHAPES[task][0]


def test_shape_may_be_given():
    batch = made_up_batch("video", (1, 2, 3, 4, 24, 40))
    assert torch.stack(batch["inputs"]).shape == (1, 2, 3, 4, 24, 40)


@pytest.mark.parametrize("side", [(64, 64), (100, 40)])
def test_masks_fill_their_boxes(side: tuple[int, int]):
    _, sample = detection_sample(3, *side)
    masks = torch.from_numpy(sample.gt_instances.masks.masks)
    assert masks.shape[1:] == side
    for box, mask in zip(sample.gt_instances.bboxes.int().tolist(), masks, strict=True):
        rows, columns = mask.nonzero(as_tuple=True)
        assert box == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert mask.sum() == (box[2] - box[0]) * (box[3] - box[1])


@pytest.mark.parametrize("side", [(64, 64), (32, 128)])
def test_label_map_has_two_classes_and_unlabelled_pixels(side: tuple[int, int]):
    _, sample = segmentation_sample(3, *side)
    assert sample.gt_sem_seg.data.shape == (1, *side)
    assert sample.gt_sem_seg.data.unique().tolist() == [0, 7, 255]
