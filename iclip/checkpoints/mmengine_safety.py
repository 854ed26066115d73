"""Keep mmengine's own loading as safe as the hub's."""

import importlib
from pathlib import Path
from typing import Any

import mmengine
import torch

# The function of onedl-mmengine, mmengine's maintained fork, that reads a refused file unsafely.
_FALLBACK = "_safe_torch_load"


def load_safely(file: Any, map_location: Any = None, weights_only: bool | None = None) -> Any:
    """Load safely even where ``weights_only=False`` is asked for; it replaces the fork's function.

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
        Whether the installed mmengine made such an attempt.
    """
    # Read as text first: to import the module is slow, and only the fork's has to be changed.
    source = Path(mmengine.__file__).parent / "runner/checkpoint.py"
    if f"def {_FALLBACK}" not in source.read_text(encoding="utf-8"):
        return False
    setattr(importlib.import_module("mmengine.runner.checkpoint"), _FALLBACK, load_safely)
    return True


# On import, so that it comes before any loading.
keep_mmengine_safe()
