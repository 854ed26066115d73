"""Plain values of predictions."""

import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict.values import class_shares


def test_shares_count_pixels_and_leave_out_labels_without_a_name():
    labels = torch.tensor([[[0, 0, 1], [1, 1, 9]]])
    assert class_shares(labels, ["sky", "sea"]) == {
        "labels": ["sea", "sky"], "shares": [0.5, 0.3333],
    }  # fmt: skip
