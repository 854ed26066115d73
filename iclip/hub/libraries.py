"""What other libraries find in a pushed folder: timm's and open_clip's files, where they apply."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from iclip.export import open_clip_folder, timm_folder
from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.files.atomic import write_atomically
from iclip.files.text import read_text
from iclip.hub.pushed_model import PushedModel
from iclip.settings import get_setting
from iclip.tasks import CLASSIFICATION, PRE_TRAINING

TIMM, OPEN_CLIP = "timm", "open_clip"

_LOADERS = ("test_dataloader", "val_dataloader")
_FULL_SIZE = 224  # where nothing states the size: Swin's own


@dataclass
class LibraryFiles:
    """What was written for other libraries.

    Attributes:
        config: Their part of ``config.json``.
        tensors: What their safetensors hold, by file and name.
        reasons: Why a library cannot load the model, by library; those that can are absent.
    """

    config: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Mapping[str, Tensor]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def can(self, library: str) -> bool:
        """Whether a library can load the model."""
        return library not in self.reasons


def write_library_files(model: PushedModel, folder: Path, repository: str | None) -> LibraryFiles:
    """Write what timm and open_clip load: the image tower, and both towers.

    Args:
        model: What is pushed.
        folder: Receives the files.
        repository: ``org/name`` of the folder on a hub; None if it stays here.

    Raises:
        OSError: A file could not be written.
    """
    written = LibraryFiles()
    if model.task not in (PRE_TRAINING, CLASSIFICATION):
        why = f"it has no class for a model of {model.task}"
        written.reasons = {TIMM: why, OPEN_CLIP: why}
        return written
    exported = ExportedCheckpoint.read(model.path)
    _for_timm(model, exported, folder, written)
    if model.task == PRE_TRAINING:
        _for_open_clip(model, exported, folder, repository, written)
    else:
        written.reasons[OPEN_CLIP] = "there is no text tower"
    return written


def _for_timm(
    model: PushedModel, exported: ExportedCheckpoint, folder: Path, written: LibraryFiles
) -> None:
    try:
        weights = timm_folder.timm_weights(exported)
    except ValueError:
        written.reasons[TIMM] = written.reasons[OPEN_CLIP] = (
            "the stem is convolutional (stem='conv', as in micro models), and no other library "
            "has that"
        )
        return
    size, resize = image_sizes(model)
    classes = None if model.file is None else model.file.classes
    written.config |= timm_folder.timm_config(exported, model.config, size, resize, classes)
    _save(folder / timm_folder.WEIGHTS, weights)
    written.tensors[timm_folder.WEIGHTS] = weights


def _for_open_clip(
    model: PushedModel,
    exported: ExportedCheckpoint,
    folder: Path,
    repository: str | None,
    written: LibraryFiles,
) -> None:
    try:
        weights, _ = open_clip_folder.open_clip_weights(exported)
        # A tokenizer is read from where the training had it.
        config = open_clip_folder.open_clip_config(
            exported, exported.meta["model"], folder, repository
        )
    except ValueError as error:
        written.reasons.setdefault(OPEN_CLIP, _reason(error, exported))
        return
    text_config = folder / timm_folder.CONFIG  # a RoBERTa's, which transformers reads
    if text_config.is_file():
        written.config = json.loads(read_text(text_config)) | written.config
    _save(folder / open_clip_folder.WEIGHTS, weights)
    written.tensors[open_clip_folder.WEIGHTS] = weights
    content = json.dumps(config, indent=1) + "\n"
    write_atomically(folder / open_clip_folder.CONFIG, content)


def _reason(error: ValueError, exported: ExportedCheckpoint) -> str:
    """Return why an export is not possible, without the checkpoint's path."""
    return str(error).replace(str(exported.path), "the checkpoint").partition(". ")[0]


def image_sizes(model: PushedModel) -> tuple[int, int]:
    """Return the side of the images that a model is evaluated on, and their side before the cut."""
    if model.file is None:
        stated: Mapping[str, Any] = {
            "size": model.meta.get("image_size"), "resize": model.meta.get("image_resize"),
        }  # fmt: skip
    else:
        found = (
            get_setting(model.file.config, f"{loader}.dataset.image_transform")
            for loader in _LOADERS
        )
        stated = next((entry for entry in found if isinstance(entry, Mapping)), {})
    size = int(stated.get("size") or _FULL_SIZE)
    return size, int(stated.get("resize") or size)


def _save(file: Path, weights: Mapping[str, Tensor]) -> None:
    whole = {name: tensor.contiguous() for name, tensor in weights.items()}
    write_atomically(file, save(whole, metadata={"format": "pt"}))
