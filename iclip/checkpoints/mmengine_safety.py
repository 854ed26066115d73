"""mmengine's own loading, kept as safe as the hub's."""

import importlib
from pathlib import Path
from typing import Any

import mmengine
import torch

# The maintained fork's function that tries again without safety.
_FALLBACK = "_safe_torch_load"


def load_safely(file: Any, map_location: Any = None, weights_only: bool | None = None) -> Any:
    """Stand in for the fork's function: safe loading, whatever is asked for.

    Raises:
        pickle.UnpicklingError: Reading the file would run code.
    """
    return torch.load(file, map_location=map_location, weights_only=True)


def keep_mmengine_safe() -> bool:
    """Take away the unsafe second attempt of the fork onedl-mmengine.

    It reads what safe loading refuses once more with ``weights_only=False``, which runs the code in
    the file: by ``load_from``, by a resume, and by ``init_cfg=dict(type='Pretrained', ...)``.

    Returns:
        Whether there was one.
    """
    source = Path(mmengine.__file__).parent / "runner/checkpoint.py"
    if f"def {_FALLBACK}" not in source.read_text(encoding="utf-8"):
        return False
    # Imported where it is needed only: it takes a second.
    setattr(importlib.import_module("mmengine.runner.checkpoint"), _FALLBACK, load_safely)
    return True


keep_mmengine_safe()
