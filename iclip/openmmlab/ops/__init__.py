"""mmcv's compiled operators that its frameworks' models reach, in PyTorch and torchvision.

They run on the device of their inputs. One module per operator.
"""

from iclip.openmmlab.ops.extension import SUPPLIED, SuppliedOperators

__all__ = ["SUPPLIED", "SuppliedOperators"]
