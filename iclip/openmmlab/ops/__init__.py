"""mmcv's compiled operators that the frameworks' models reach, in PyTorch and torchvision.

They run on the device of their inputs.
"""

from iclip.openmmlab.ops.extension import SUPPLIED, SuppliedOperators

__all__ = ["SUPPLIED", "SuppliedOperators"]
