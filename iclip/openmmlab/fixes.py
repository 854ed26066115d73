"""Fix what breaks in OpenMMLab's frameworks beside a current PyTorch, each fault in one function.

Each fix states why it is needed, where the fault was reported and when it can go. Where nothing is
broken, it changes nothing and returns False.
"""

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from iclip.checkpoints import keep_mmengine_safe
from iclip.openmmlab.ops import SuppliedOperators

# Frameworks and the distributions by which mmengine looks for their configs.
DISTRIBUTIONS = {"mmdet": "mmdet", "mmseg": "mmsegmentation", "mmaction": "mmaction2"}


@dataclass(frozen=True)
class Fix:
    """A fix and whether it was needed here.

    Attributes:
        name: Name of its function.
        reason: What is broken without it.
        thread: Where the fault was reported.
        retires: When the fix can be removed.
        active: Whether it changed anything.
        left_out: Types or modules of the framework that cannot be used where it is active.
    """

    name: str
    reason: str
    thread: str
    retires: str
    active: bool
    left_out: tuple[str, ...] = ()


def supply_operators() -> bool:
    """Supply operators in PyTorch where mmcv's compiled ones are missing."""
    # A second call finds the module of the first, which is still active.
    if not is_installed("mmcv") or "mmcv._ext" in sys.modules:
        return isinstance(sys.modules.get("mmcv._ext"), SuppliedOperators)
    if importlib.util.find_spec("mmcv._ext") is not None:
        return False
    sys.modules["mmcv._ext"] = SuppliedOperators()
    return True


def supply_drn() -> bool:
    """Stand in for ``mmaction.models.localizers.drn``, missing in the wheel of mmaction2 1.2.0."""
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


def stub_multimodal() -> bool:
    """Replace ``mmaction.models.multimodal``, which needs functions that transformers removed."""
    root, transformers = _folder("mmaction"), _folder("transformers")
    if root is None or transformers is None:  # without transformers, mmaction skips it itself
        return False
    source = (transformers / "modeling_utils.py").read_text(encoding="utf-8")
    if "find_pruneable_heads_and_indices" in source:
        return False
    _stand_in("mmaction.models.multimodal")
    return True


def leave_out_lanes() -> bool:
    """Supply a stand-in for onedl-mmdetection's transforms of lanes if imgaug is not installed.

    They import imgaug. Its fork imaug, which onedl-mmdetection requires, needs an older OpenCV.
    """
    module, root = "mmdet.datasets.transforms.generate_line", _folder("mmdet")
    if root is None or not (root / "datasets/transforms/generate_line.py").is_file():
        return False
    if is_installed("imgaug"):
        return False

    class NeedsImgaug:
        """A transform of lanes."""

        def __init__(self, *_: Any, **__: Any) -> None:
            raise NotImplementedError(
                "mmdet's transforms of lanes need imgaug, which is not installed; pip install imaug"
            )

    _stand_in(module).__dict__.update(dict.fromkeys(_LEFT_OUT["leave_out_lanes"], NeedsImgaug))
    return True


def register_fork_configs() -> bool:
    """Let mmengine find ``mmseg::...`` in a script if mmseg comes from another distribution.

    ``mmengine.hub`` looks for the distribution mmsegmentation and not for the module, so that a
    maintained fork or a checkout on the path counts as not installed. What configs inherit is found
    by the module (:mod:`iclip.config_scope`).
    """
    # Modules without the distribution that mmengine expects.
    nameless = [
        module
        for module, distribution in DISTRIBUTIONS.items()
        if is_installed(module) and not _is_distribution(distribution)
    ]
    packages = importlib.import_module("mmengine.config.utils").MODULE2PACKAGE
    packages.update({module: module for module in nameless})
    return bool(nameless)


def _is_distribution(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _stand_in(name: str) -> ModuleType:
    """Register an empty package under this name as if it had been imported."""
    module = sys.modules.setdefault(name, ModuleType(name, "Stands in for what is not there."))
    module.__dict__.setdefault("__path__", [])
    return module


def _folder(package: str) -> Path | None:
    """Find the folder of a top-level package without importing it; None if it is not installed."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def is_installed(package: str) -> bool:
    """Whether a top-level package is installed; it is not imported."""
    return importlib.util.find_spec(package) is not None


# By fix, the types or modules that cannot be used where it is active.
_LEFT_OUT = {
    "supply_drn": ("DRN",),
    "stub_multimodal": ("mmaction.models.multimodal",),
    "leave_out_lanes": ("ImageAug", "LinesToArray", "PackLineDetectionInputs"),
}

# Each fix with its reason, thread and retirement, as in :class:`Fix`.
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
        stub_multimodal,
        "`import mmaction.models` fails: its VindLU models, which the hub does not use, import "
        "functions that transformers 5 removed",
        "https://github.com/xinyu1205/recognize-anything/issues/219 (the same elsewhere)",
        "mmaction2 follows, or its import of VindLU is optional",
    ),
    (
        leave_out_lanes,
        "`import mmdet.datasets` fails: onedl-mmdetection's transforms of lanes, which the hub "
        "does not use, import imgaug",
        "https://github.com/VBTI-development/onedl-mmdetection (datasets/transforms/"
        "generate_line.py; not reported)",
        "onedl-mmdetection imports imgaug where it is used",
    ),
    (
        register_fork_configs,
        "`mmseg::...` in a config fails: mmengine looks for the distribution mmsegmentation, and "
        "the one here has another name",
        "https://github.com/VBTI-development/onedl-mmengine (MODULE2PACKAGE in "
        "mmengine/config/utils.py; not reported)",
        "onedl-mmengine looks for onedl-mmsegmentation, too",
    ),
    (
        keep_mmengine_safe,
        "mmengine runs the code in weights that it downloads and in annotations in pickle or YAML, "
        "onedl-mmengine also that in checkpoints which safe loading refuses",
        "https://github.com/open-mmlab/mmengine/issues/1655",
        "both load with weights_only=True and yaml.safe_load, and no longer read pickles",
    ),
)


def apply_fixes() -> tuple[Fix, ...]:
    """Apply the fixes that are needed; a second call changes nothing."""
    return tuple(
        Fix(
            function.__name__,
            reason,
            thread,
            retires,
            active=function(),
            left_out=_LEFT_OUT.get(function.__name__, ()),
        )
        for function, reason, thread, retires in _FIXES
    )
