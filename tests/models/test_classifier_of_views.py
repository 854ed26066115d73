"""The mean over views of an image, against the classifier on each view alone."""

from typing import Any

import pytest
import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from iclip.models.classifier_of_views import ClassifierOfViews


class Classifier(BaseModel):
    """Scores that depend on places and sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.seen: list[Tensor] = []

    def forward(self, inputs: Tensor, gt_labels: Tensor, mode: str = "tensor") -> Any:
        assert mode == "predict"
        self.seen.append(inputs)
        maps = self.conv(inputs.float() / 255)
        columns = torch.linspace(0, 1, maps.shape[-1])
        scores = 9 * (maps * columns).mean((2, 3))
        return [
            dict(logits=row, gt_label=int(label))
            for row, label in zip(scores, gt_labels, strict=True)
        ]


def batch(size: tuple[int, int] = (12, 10)) -> dict[str, Tensor]:
    images = torch.randint(0, 256, (4, 3, *size), dtype=torch.uint8)
    return dict(inputs=images, gt_labels=torch.arange(4))


@torch.no_grad()
def test_single_size_is_the_mean_of_both_mirror_images():
    torch.manual_seed(0)
    model, data = Classifier(), batch()
    actual = ClassifierOfViews(model, scales=[1.0]).val_step(data)
    both = [
        torch.stack([out["logits"] for out in model.val_step({**data, "inputs": images})])
        for images in (data["inputs"], data["inputs"].flip(3))
    ]
    expected = sum(logits.exp() / logits.exp().sum(1, keepdim=True) for logits in both) / 2
    found = torch.stack([out["logits"] for out in actual])
    torch.testing.assert_close(found.softmax(1), expected)
    torch.testing.assert_close(found.exp().sum(1), torch.ones(4))  # probabilities as they are
    assert [out["gt_label"] for out in actual] == [0, 1, 2, 3]
    assert not torch.allclose(both[0], both[1], atol=0.01)


def test_views_are_sizes_and_mirror_images():
    model, data = Classifier(), batch()
    ClassifierOfViews(model, scales=[1.0, 0.5, 1.25]).test_step(data)
    assert [tuple(view.shape[2:]) for view in model.seen] == [
        size for size in ((12, 10), (6, 5), (15, 12)) for _ in range(2)
    ]
    assert torch.equal(model.seen[0], data["inputs"])
    assert all(
        torch.equal(a, b.flip(3)) for a, b in zip(model.seen[::2], model.seen[1::2], strict=True)
    )
    assert {view.dtype for view in model.seen} == {torch.uint8}


@pytest.mark.parametrize("size", [(1, 1), (1, 40)])
def test_smallest_images_have_views(size: tuple[int, int]):
    model = Classifier()
    model.conv = nn.Conv2d(3, 5, 1)
    assert len(ClassifierOfViews(model, scales=[1.0, 0.25]).val_step(batch(size))) == 4


def test_plain_areas_keep_their_color_at_every_size():
    model = Classifier()
    model.conv = nn.Conv2d(3, 5, 1)
    images = torch.tensor([0, 128, 255], dtype=torch.uint8).view(1, 3, 1, 1).expand(4, 3, 8, 8)
    ClassifierOfViews(model, scales=[0.5, 2.0]).val_step({**batch(), "inputs": images})
    assert all(view.flatten(2).unique(dim=2).flatten().tolist() == [0, 128, 255] * 4
               for view in model.seen)  # fmt: skip
