"""The module in place of mmcv's compiled extension."""

import sys

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)

from mmcv.ops import roi_align  # isort: skip


ROIS = torch.tensor(
    [[0, 1.0, 2.0, 13.0, 17.0], [1, 4.5, 0.0, 9.0, 21.0], [0, 3.0, 3.0, 3.5, 3.5]],
    dtype=torch.float64,
)


def test_what_is_not_supplied_says_so_when_called():
    maps = torch.randn(1, 1, 8, 8)
    with pytest.raises(NotImplementedError, match=r"'nms_rotated' is not supplied.*mim install"):
        sys.modules["mmcv._ext"].nms_rotated(maps)
    with pytest.raises(NotImplementedError, match=r"pool_mode='max' is not supplied"):
        roi_align(maps, ROIS[:1].float(), (2, 2), 1.0, 0, "max", True)
