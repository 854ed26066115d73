"""The mean of a segmenter's views, which keeps scores and labels together."""

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)

# isort: split
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from iclip.openmmlab.mean_of_views import MeanOfViews


def model(classes: int) -> MeanOfViews:
    segmenter = nn.Module()
    segmenter.test_step = lambda data: data
    segmenter.out_channels = classes
    segmenter.decode_head = SimpleNamespace(threshold=0.3)
    return MeanOfViews(segmenter)


def view(scores: Tensor, truth: int) -> SegDataSample:
    sample = SegDataSample(metainfo=dict(img_path=f"{truth}.png"))
    sample.seg_logits = PixelData(data=scores)
    sample.gt_sem_seg = PixelData(data=torch.full((1, 4, 5), truth))
    return sample


def test_probabilities_are_averaged():
    views = torch.randn(3, 6, 4, 5, dtype=torch.float64)  # views, classes, H, W
    images = [[view(scores, truth) for scores in views] for truth in (0, 1)]
    merged = model(6).merge_preds(images)
    expected = (views.exp() / views.exp().sum(1, keepdim=True)).sum(0) / 3
    for truth, sample in enumerate(merged):
        torch.testing.assert_close(sample.seg_logits.data, expected)
        assert torch.equal(sample.pred_sem_seg.data, expected.argmax(0)[None])
        # Of the first view, which is the image as it is.
        assert (sample.gt_sem_seg.data == truth).all() and sample.img_path == f"{truth}.png"


def test_single_class_is_averaged_as_the_probability_that_it_is():
    views = torch.tensor([0.1, 0.2, 0.8]).view(3, 1, 1, 1).expand(3, 1, 4, 5)
    (sample,) = model(1).merge_preds([[view(scores, 0) for scores in views]])
    torch.testing.assert_close(sample.seg_logits.data, torch.full((1, 4, 5), 1.1 / 3))
    assert (sample.pred_sem_seg.data == 1).all()  # above the threshold of 0.3


@pytest.mark.parametrize("classes", [1, 2])
def test_one_view_changes_no_prediction(classes: int):
    scores = torch.rand(classes, 4, 5)
    plain = scores.argmax(0)[None] if classes > 1 else (scores > 0.3).long()
    (sample,) = model(classes).merge_preds([[view(scores, 0)]])
    assert torch.equal(sample.pred_sem_seg.data.long(), plain)
