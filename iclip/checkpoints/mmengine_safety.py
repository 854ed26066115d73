"""Keep mmengine's own loading as safe as the hub's."""

import importlib
from pathlib import Path
from typing import Any

import mmengine
import torch

# The function of mmengine's maintained fork that tries again without safety.
_FALLBACK = "_safe_torch_load"


def load_safely(file: Any, map_location: Any = None, weights_only: bool | None = None) -> Any:
    """Load safely, in place of the fork's function, also where ``weights_only=False`` is asked for.

    Raises:
        pickle.UnpicklingError: Reading the file would run code.
    """
    return torch.load(file, map_location=map_location, weights_only=True)


def keep_mmengine_safe() -> bool:
    """Remove the unsafe second attempt of the fork onedl-mmengine.

    Where safe loading refuses a file, the fork reads it again with ``weights_only=False``, which
    runs the code in the file: for ``load_from``, for a resume, and for
    ``init_cfg=dict(type='Pretrained', ...)``.

    Returns:
        Whether there was such an attempt.
    """
    source = Path(mmengine.__file__).parent / "runner/checkpoint.py"
    if f"def {_FALLBACK}" not in source.read_text(encoding="utf-8"):
        return False
    # Imported only where it is needed, because the import is slow.
    setattr(importlib.import_module("mmengine.runner.checkpoint"), _FALLBACK, load_safely)
    return True


keep_mmengine_safe()
