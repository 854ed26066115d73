"""What a picture shows of an image with one class."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from iclip.engine.sample_views import view_class
from iclip.panels import ValidatedSample


def test_image_with_its_class_and_the_likeliest():
    inputs = torch.arange(3 * 4 * 5, dtype=torch.uint8).view(3, 4, 5)
    output = dict(logits=torch.tensor([0.0, 2.0, 1.0]), gt_label=1)
    dataset = SimpleNamespace(metainfo=dict(classes=["cat", "dog", "eel"]))
    (panel,) = view_class(ValidatedSample(inputs, output, dataset, 0))
    assert panel.image.shape == (4, 5, 3) and panel.right
    np.testing.assert_array_equal(panel.image[1, 2], inputs[:, 1, 2])
    shares = np.exp([2.0, 1.0, 0.0]) / np.exp([2.0, 1.0, 0.0]).sum()
    expected = "dog\npredicted: dog {:.2f}, eel {:.2f}, cat {:.2f}".format(*shares)
    assert panel.title == expected
    assert sum(shares) == pytest.approx(1)
