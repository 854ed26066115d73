"""OpenMMLab's frameworks on a current PyTorch: importing this package makes them importable.

Import it before ``mmcv.ops``, ``mmdet``, ``mmseg`` and ``mmaction``; the downstream configs do so
through ``custom_imports``.
"""

import iclip.checkpoints
import iclip.config_scope  # (configs may inherit `iclip::...`)
import iclip.files.pillow_formats  # (no image is a program, for mmcv's Pillow, too)
import iclip.openmmlab.sample_views  # noqa: F401  (registers them)
from iclip.openmmlab.fixes import Fix, apply_fixes

FIXES: tuple[Fix, ...] = apply_fixes()
"""All fixes, each with whether it is active here."""

__all__ = ["FIXES", "Fix", "apply_fixes"]
