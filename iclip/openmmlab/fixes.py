"""What OpenMMLab's frameworks need mended beside a current PyTorch, each in one function.

A fix says why it is there, where it was reported and when it can go. Where nothing is broken it
does nothing, and says so by returning False.
"""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from iclip.openmmlab.ops import SuppliedOperators


@dataclass(frozen=True)
class Fix:
    """One mending and whether it was needed here.

    Attributes:
        name: Of its function.
        reason: What is broken without it.
        thread: Where it was reported.
        retires: When it can be removed.
        active: Whether it changed anything.
    """

    name: str
    reason: str
    thread: str
    retires: str
    active: bool


def supply_operators() -> bool:
    """Put torchvision's operators in place of mmcv's compiled ones, where these are absent."""
    if not is_installed("mmcv") or "mmcv._ext" in sys.modules:
        return isinstance(sys.modules.get("mmcv._ext"), SuppliedOperators)
    if importlib.util.find_spec("mmcv._ext") is not None:
        return False
    sys.modules["mmcv._ext"] = SuppliedOperators()
    return True


def supply_drn() -> bool:
    """Stand in for ``mmaction.models.localizers.drn``, which the wheel of mmaction2 1.2.0 lacks."""
    package, root = "mmaction.models.localizers.drn", _folder("mmaction")
    if root is None or (root / "models/localizers/drn").is_dir():
        return False

    class DRN:
        """Absent from the installed mmaction2."""

        def __init__(self, *_: Any, **__: Any) -> None:
            raise NotImplementedError(
                "DRN is missing from the wheel of mmaction2 1.2.0 (issue 2714); install mmaction2 "
                "from its repository to use it"
            )

    _stand_in(package)
    _stand_in(f"{package}.drn").__dict__["DRN"] = DRN
    return True


def leave_out_vindlu() -> bool:
    """Leave out ``mmaction.models.multimodal``, which needs functions transformers has dropped."""
    root, transformers = _folder("mmaction"), _folder("transformers")
    if root is None or transformers is None:  # without transformers mmaction leaves it out itself
        return False
    source = (transformers / "modeling_utils.py").read_text(encoding="utf-8")
    if "find_pruneable_heads_and_indices" in source:
        return False
    _stand_in("mmaction.models.multimodal")
    return True


def _stand_in(name: str) -> ModuleType:
    """An empty package of this name, as if it were imported already."""
    module = sys.modules.setdefault(name, ModuleType(name, "Stands in for what is not there."))
    module.__dict__.setdefault("__path__", [])
    return module


def _folder(package: str) -> Path | None:
    """Where a top-level package lies; None if it is not installed. Does not import it."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def is_installed(package: str) -> bool:
    """Whether a top-level package can be imported; does not import it."""
    return importlib.util.find_spec(package) is not None


_FIXES: tuple[tuple[Callable[[], bool], str, str, str], ...] = (
    (
        supply_operators,
        "mmcv's C++ extension has no wheel and does not compile with torch >= 2.14",
        "https://github.com/open-mmlab/mmcv/issues/3341",
        "mmcv offers wheels for a current torch",
    ),
    (
        supply_drn,
        "`import mmaction.models` fails: the wheel of mmaction2 1.2.0 lacks the package drn",
        "https://github.com/open-mmlab/mmaction2/issues/2714",
        "a release of mmaction2 includes it",
    ),
    (
        leave_out_vindlu,
        "`import mmaction.models` fails: its VindLU models, which the hub does not use, import "
        "functions that transformers 5 has no more",
        "https://github.com/xinyu1205/recognize-anything/issues/219 (the same elsewhere)",
        "mmaction2 follows, or its import of VindLU is optional",
    ),
)


def apply_fixes() -> tuple[Fix, ...]:
    """Apply all fixes that are needed; calling it again changes nothing."""
    return tuple(
        Fix(function.__name__, reason, thread, retires, active=function())
        for function, reason, thread, retires in _FIXES
    )
