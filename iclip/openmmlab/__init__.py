"""OpenMMLab's frameworks on a current PyTorch: importing this package makes them importable.

It must be imported before ``mmcv.ops``, ``mmdet``, ``mmseg`` or ``mmaction``; the downstream
configs do it by ``custom_imports``. The video backbone is in :mod:`iclip.openmmlab.video.swin`,
which imports mmaction.
"""

import iclip.checkpoints  # noqa: F401  (allow-lists what mmengine's checkpoints hold)
from iclip.openmmlab.fixes import Fix, apply_fixes

FIXES: tuple[Fix, ...] = apply_fixes()
"""The fixes that exist, and which of them are active here."""

__all__ = ["FIXES", "Fix", "apply_fixes"]
