"""The JSON file beside every export: what was exported, and from which checkpoint."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from iclip import __version__
from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.files.checksum import file_sha256

# Entries of a training checkpoint's meta that the manifest repeats.
_RUN = ("iter", "epoch", "samples_seen", "seed", "time", "iclip_version", "versions")


def make_manifest(
    layout: str,
    checkpoint: ExportedCheckpoint,
    weights: Mapping[str, Tensor],
    dropped: Sequence[str],
    file: Path,
    load_with: str,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Describe an export.

    Args:
        layout: As on the command line.
        checkpoint: What was exported.
        weights: What was written.
        dropped: Names in the checkpoint that were not written.
        file: The file with the weights.
        load_with: The line of Python or of a config that loads it.
        notes: What a user of the library should know.

    Returns:
        The manifest, of plain values.
    """
    return {
        "layout": layout,
        "file": file.name,
        "sha256": file_sha256(file),
        "load_with": load_with,
        "architecture": {**asdict(checkpoint.arch), "window_size": checkpoint.window},
        "image_size": checkpoint.meta.get("image_size"),
        "image_resize": checkpoint.meta.get("image_resize"),
        "source": {
            "file": checkpoint.path.resolve().name,
            "sha256": file_sha256(checkpoint.path),
            "layout": checkpoint.backbone.layout,
            # Without the folder that this machine has it in.
            "choice": checkpoint.choice.replace(str(checkpoint.path), checkpoint.path.name),
            **{key: checkpoint.meta[key] for key in _RUN if key in checkpoint.meta},
        },
        "written_by": {
            "iclip": __version__,
            "torch": str(torch.__version__),
            "safetensors": importlib.metadata.version("safetensors"),
        },
        "tensors": {
            name: {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch.")}
            for name, tensor in weights.items()
        },
        "dropped": list(dropped),
        "notes": list(notes),
    }
