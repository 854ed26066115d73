"""Read checkpoints without running their code, and load weights completely or not at all.

Importing this module allows the few types that mmengine's checkpoints hold besides tensors, so that
``torch.load(weights_only=True)``, torch's default since 2.6, reads them. All other types that a
pickle can name stay refused.
"""

import pickle
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.logging.history_buffer import HistoryBuffer
from torch import Tensor, nn

from iclip.checkpoints.checked_arrays import CHECKED
from iclip.checkpoints.hub_files import local_path
from iclip.checkpoints.hub_names import is_hub_name
from iclip.checkpoints.model_folders import is_model_folder, read_model_folder
from iclip.checkpoints.torch_files import is_archive
from iclip.checkpoints.unreadable_files import (
    foreign_model,
    missing_file,
    why_unreadable,
    without_memory,
)
from iclip.messages import listing

Shape = tuple[int, ...]

# The layer of a name, for the log: the name up to its first number, or to its first dot.
_LAYER = re.compile(r"[^\d]*\d+(?=\.)|[^.]+")

# Names that a message lists, of each kind.
MAX_LISTED = 5


def statistic_of_history(owner: type, name: str) -> Callable[..., float]:
    """Look up a statistic of a history, in place of ``getattr``, which pickled histories call.

    With ``getattr`` itself allowed, a file could reach any attribute of any allowed type.

    Raises:
        pickle.UnpicklingError: It is not one of a history's own four statistics.
    """
    if owner is not HistoryBuffer or name not in ("min", "max", "current", "mean"):
        raise pickle.UnpicklingError(f"Unsupported global: builtins.getattr for {name!r}")
    return getattr(owner, name)


def allow_mmengine_types() -> None:
    """Allow the types in mmengine's message hub: histories of scalars, as numpy arrays."""
    torch.serialization.add_safe_globals(
        [
            HistoryBuffer,
            (statistic_of_history, "builtins.getattr"),
            *CHECKED,
        ]
    )


allow_mmengine_types()


def load_checkpoint(
    path: str | Path, map_location: str | torch.device = "cpu", mmap: bool = False
) -> dict[str, Any]:
    """Read a training checkpoint without running any code that may be in it.

    Args:
        path: The file, e.g. ``work_dirs/iclip_swinb/latest.pth``; a model's folder, or its name on
            a hub (:mod:`iclip.checkpoints.hub_files`).
        map_location: Where the tensors go, as in :func:`torch.load`.
        mmap: Leave the tensors on the disk until they are used, which is fast where only the other
            entries are read.

    Returns:
        The checkpoint, with at least ``state_dict`` and ``meta``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is truncated or damaged, would run code, or is not a training checkpoint.
    """
    local = Path(local_path(path))
    if is_model_folder(local):
        content = read_model_folder(local)
        weights = content["state_dict"]
        return {**content, "state_dict": {n: t.to(map_location) for n, t in weights.items()}}
    if is_hub_name(path):
        raise ValueError(foreign_model(path))
    checkpoint = read_safely(local, map_location, mmap)
    if not isinstance(checkpoint, dict) or not {"state_dict", "meta"} <= checkpoint.keys():
        raise ValueError(
            f"{path} is not an iclip training checkpoint: it should hold 'state_dict' and 'meta', "
            f"but holds {_content(checkpoint)}"
        )
    return checkpoint


def read_safely(
    path: str | Path, map_location: str | torch.device = "cpu", mmap: bool = False
) -> Any:
    """Read any file of ``torch.save``; arguments and errors as for :func:`load_checkpoint`."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(missing_file(path))
    try:
        # mmap needs torch's zip format; an older file is read whole.
        return torch.load(
            path,
            map_location=map_location,
            mmap=mmap and is_archive(path),
            weights_only=True,
        )
    except PermissionError:
        raise
    except MemoryError as error:  # A damaged file may claim any length.
        raise ValueError(without_memory(path)) from error
    except Exception as error:
        # In a truncated or foreign file, torch's reader raises any kind of error.
        raise ValueError(why_unreadable(path, error)) from error


@dataclass(frozen=True)
class WeightsReport:
    """The differences between a checkpoint's and a model's tensors, by name.

    Attributes:
        matched: In both, with the same shape: name -> shape.
        missing: In the model only: name -> shape.
        left_over: In the checkpoint only: name -> shape.
        mismatched: In both, with different shapes: name -> (checkpoint's, model's).
    """

    matched: Mapping[str, Shape]
    missing: Mapping[str, Shape]
    left_over: Mapping[str, Shape]
    mismatched: Mapping[str, tuple[Shape, Shape]]

    @property
    def wanted(self) -> int:
        """Number of the model's tensors."""
        return len(self.matched) + len(self.missing) + len(self.mismatched)

    def summary(self) -> str:
        """Return one line with the counts, e.g. ``matched 329/329 tensors``."""
        line = f"matched {len(self.matched)}/{self.wanted} tensors"
        for count, what in (
            (len(self.missing), "missing"),
            (len(self.left_over), "left over"),
            (len(self.mismatched), "of another shape"),
        ):
            line += f", {count} {what}" if count else ""
        return line

    def details(self) -> str:
        """Return lines for the log: matched tensors as counts per layer, the others with shapes."""
        layers = Counter(_LAYER.match(name)[0] for name in self.matched)  # type: ignore[index]
        summed = ", ".join(f"{layer} {count}" for layer, count in layers.items())
        listed = [f"  matched ({len(self.matched)}): {summed}"]
        for what, tensors in (("missing", self.missing), ("left over", self.left_over)):
            if tensors:
                named = ", ".join(f"{name} {shape}" for name, shape in tensors.items())
                listed.append(f"  {what} ({len(tensors)}): {named}")
        return "\n".join(listed)


def compare_weights(model: nn.Module, state_dict: Mapping[str, Tensor]) -> WeightsReport:
    """Compare the names and shapes of ``state_dict`` with the model's; load nothing."""
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in state_dict.items()}
    common = [name for name in wanted if name in given]
    return WeightsReport(
        matched={name: wanted[name] for name in common if given[name] == wanted[name]},
        missing={name: shape for name, shape in wanted.items() if name not in given},
        left_over={name: shape for name, shape in given.items() if name not in wanted},
        mismatched={
            name: (given[name], wanted[name]) for name in common if given[name] != wanted[name]
        },
    )


def load_model_weights(
    model: nn.Module,
    state_dict: Mapping[str, Tensor],
    *,
    allow_missing: Iterable[str] = (),
    allow_left_over: Iterable[str] = (),
) -> WeightsReport:
    """Load weights completely, or raise and leave the model as it was.

    Args:
        model: The model that receives the weights.
        state_dict: The weights by name.
        allow_missing: Prefixes of names that the weights may lack, e.g. ``('head.',)``.
        allow_left_over: Prefixes of names that the model may lack.

    Returns:
        A report of what matched and of the differences that were allowed.

    Raises:
        ValueError: Names or shapes differ beyond what is allowed.
    """
    report = compare_weights(model, state_dict)
    missing = _outside(report.missing, allow_missing)
    left_over = _outside(report.left_over, allow_left_over)
    if missing or left_over or report.mismatched:
        raise ValueError(describe_difference(report, missing, left_over))
    # Not strict, because the allowed differences have been checked above.
    model.load_state_dict({name: state_dict[name] for name in report.matched}, strict=False)
    return report


def describe_difference(
    report: WeightsReport, missing: Iterable[str], left_over: Iterable[str]
) -> str:
    """Return a message on what differs, with the first few names of each kind."""
    shapes = [
        f"{name} {given} in the checkpoint, {wanted} in the model"
        for name, (given, wanted) in report.mismatched.items()
    ]
    lines = ["these are weights of another architecture: " + report.summary()]
    for what, names in (
        ("missing from the checkpoint", list(missing)),
        ("left over in the checkpoint", list(left_over)),
        ("of another shape", shapes),
    ):
        if names:
            lines.append(f"  {what} ({len(names)}): {listing(names, MAX_LISTED)}")
    return "\n".join(lines)


def _outside(names: Iterable[str], prefixes: Iterable[str]) -> list[str]:
    """Return the names that begin with none of the prefixes."""
    return [name for name in names if not name.startswith(tuple(prefixes))]


def _content(checkpoint: object) -> str:
    if isinstance(checkpoint, dict):
        return f"the keys {listing([repr(key) for key in checkpoint], MAX_LISTED) or '(none)'}"
    return f"a {type(checkpoint).__name__}"
