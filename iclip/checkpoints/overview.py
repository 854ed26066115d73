"""What a checkpoint is, and whether it is whole."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from torch import Tensor

from iclip.checkpoints.finite import are_finite
from iclip.checkpoints.integrity import find_damage
from iclip.checkpoints.model_folders import CONFIG, damage_of_folder, is_model_folder
from iclip.checkpoints.safe_loading import load_checkpoint
from iclip.checkpoints.torch_files import is_archive
from iclip.checkpoints.weight_files import read_weights

# mmengine adds the time of the start to the config's name.
_STARTED = re.compile(r"_\d{8}_\d{6}$")


@dataclass(frozen=True)
class Overview:
    """What is known of one file: None for what it does not say, or cannot be read.

    Attributes:
        path: The file, or the folder of a model.
        size: Its bytes.
        written: When it was, in ISO's form.
        has_checksums: Whether it holds any. Other formats than torch's show damage only where it
            keeps them from being read.
        damage: What is wrong with its content; None: nothing.
        problem: Why it cannot be read though it is whole: another version, or code in it.
        tensors: Number of weights and buffers.
        numbers: What they hold together.
        finite: Whether all of them are finite.
        iteration: Iterations that are done.
        epoch: Epochs that are done.
        losses: Of the last step, by name.
        config: Name of the config.
        iclip_version: Of the hub that wrote it.
        torch_version: Of the torch that wrote it.
    """

    path: str
    size: int
    written: str
    has_checksums: bool
    damage: str | None = None
    problem: str | None = None
    tensors: int | None = None
    numbers: int | None = None
    finite: bool | None = None
    iteration: int | None = None
    epoch: int | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    config: str | None = None
    iclip_version: str | None = None
    torch_version: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def look_at(path: Path) -> Overview:
    """Read a whole file, or a model's folder, and say what it is.

    Raises:
        OSError: There is no such file, or it may not be read.
    """
    is_folder = is_model_folder(path)
    files = [path / name for name in sorted(os.listdir(path))] if is_folder else [path]
    written = (path / CONFIG if is_folder else path).stat().st_mtime
    file: dict[str, Any] = dict(
        path=str(path),
        size=sum(each.stat().st_size for each in files if each.is_file()),
        written=datetime.fromtimestamp(written, timezone.utc).isoformat(timespec="seconds"),
        has_checksums=is_folder or is_archive(path),
    )
    try:
        find = damage_of_folder if is_folder else find_damage
        damage = find(path) if file["has_checksums"] else None
        if damage is not None:
            return Overview(**file, damage=damage)
        meta, tensors = read_state(path)
    except (ValueError, MemoryError) as error:
        # Without checksums, damage shows where it keeps a file from being read.
        fault = "problem" if file["has_checksums"] else "damage"
        return Overview(**{**file, fault: str(error)})
    return Overview(**file, **_content(meta, tensors))


def read_state(path: Path) -> tuple[Mapping[str, Any], Mapping[str, Tensor]]:
    """Read ``meta`` and the weights of a training checkpoint, or of a file of another library.

    Raises:
        ValueError: No reader of the hub's takes the file.
        OSError: There is no such file.
    """
    try:
        # The weights of a training checkpoint stay on the disk until they are used.
        checkpoint = load_checkpoint(path, mmap=True)
    except ValueError:
        file = read_weights(path)
        return file.meta, file.tensors
    state = checkpoint["state_dict"]
    return checkpoint["meta"], {n: value for n, value in state.items() if isinstance(value, Tensor)}


def _content(meta: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    versions = meta.get("versions")
    losses = meta.get("losses")
    config = _text(meta.get("experiment_name"))
    finite = meta.get("finite")
    return dict(
        tensors=len(tensors),
        numbers=sum(tensor.numel() for tensor in tensors.values()),
        finite=finite if isinstance(finite, bool) else are_finite(tensors.values()),
        iteration=_whole(meta.get("iter")),
        epoch=_whole(meta.get("epoch")),
        losses={str(k): v for k, v in losses.items() if isinstance(v, float)}
        if isinstance(losses, dict)
        else {},
        config=None if config is None else _STARTED.sub("", config),
        iclip_version=_text(meta.get("iclip_version")),
        torch_version=_text(versions.get("torch")) if isinstance(versions, dict) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
