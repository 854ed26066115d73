"""Write a checkpoint in the layout of another library, whole and with a manifest."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from iclip.checkpoints.swin_layouts import SWIN_LAYOUTS
from iclip.checkpoints.weight_files import read_tensors
from iclip.export.backbone_layouts import backbone_in, file_content
from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.export.loading_lines import how_to_load, notes_on
from iclip.export.manifest import make_manifest
from iclip.export.open_clip_folder import CONFIG, WEIGHTS, open_clip_config, open_clip_weights
from iclip.files.atomic import write_atomically

LAYOUTS = ("iclip", "official", "openmmlab", "timm", "open_clip")
SUFFIXES = (".pth", ".safetensors")


def export_checkpoint(
    checkpoint: str | Path,
    layout: str,
    out: str | Path,
    model: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    leave_out: Sequence[str] = (),
) -> dict[str, Any]:
    """Write a checkpoint in another layout, and a manifest beside it.

    Args:
        checkpoint: Any file that holds a Swin (:func:`iclip.checkpoints.read_backbone`).
        layout: ``iclip``: the whole model by its own names, without the state of optimizer and
            hooks. ``official``, ``openmmlab``, ``timm``: the backbone. ``open_clip``: both towers.
        out: A ``.pth`` or ``.safetensors`` file; for ``open_clip`` a folder.
        model: The run's ``model`` config, where the checkpoint does not hold it.
        overwrite: Whether an existing export may be replaced.
        leave_out: Prefixes of the backbone's names that need no place in the layout.

    Returns:
        The manifest, which is written to ``<out>.json``, or to ``manifest.json`` in the folder.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        FileExistsError: ``out`` exists, and ``overwrite`` is not set.
        ValueError: The layout cannot hold this checkpoint, or not all of its backbone, or ``out``
            is not a file or folder that fits the layout.
    """
    out = Path(out)
    _check_target(layout, out, overwrite)
    exported = ExportedCheckpoint.read(checkpoint)
    if layout == "open_clip":
        return _export_folder(exported, out, model or exported.meta.get("model"), leave_out)
    return _export_file(layout, exported, out, leave_out)


def _export_file(
    layout: str, checkpoint: ExportedCheckpoint, out: Path, leave_out: Sequence[str]
) -> dict[str, Any]:
    """Write one file and its manifest, which is returned."""
    weights, dropped = _file_weights(layout, checkpoint, leave_out)
    if layout == "iclip":
        content = {"state_dict": weights, "meta": dict(checkpoint.meta)}
    else:
        content = file_content(layout, weights, checkpoint.backbone.is_video)
    _write(out, weights, content)  # before the manifest, which holds the file's checksum
    load_with, notes = how_to_load(layout, checkpoint, out.name), notes_on(layout, checkpoint)
    manifest = make_manifest(layout, checkpoint, weights, dropped, out, load_with, notes)
    _write_json(out.with_name(out.name + ".json"), manifest)
    return manifest


def _file_weights(
    layout: str, checkpoint: ExportedCheckpoint, leave_out: Sequence[str]
) -> tuple[dict[str, Tensor], list[str]]:
    """Return the tensors to write, and the names in the checkpoint that are not written."""
    backbone = checkpoint.backbone
    if layout != "iclip":
        weights, dropped = backbone_in(layout, checkpoint, leave_out)
        return weights, dropped + list(backbone.other)
    if backbone.layout == "iclip":  # a model of the hub, which keeps all its parts
        return dict(checkpoint.tensors), []
    # A file of another library: its backbone alone, by the hub's names.
    prefix = SWIN_LAYOUTS["iclip"].prefix
    own = {prefix + name: tensor for name, tensor in backbone.weights.items()}
    return own, list(backbone.other)


def _export_folder(
    checkpoint: ExportedCheckpoint,
    folder: Path,
    model: Mapping[str, Any] | None,
    leave_out: Sequence[str],
) -> dict[str, Any]:
    """Write a folder of open_clip and its manifest, which is returned."""
    weights, dropped = open_clip_weights(checkpoint, leave_out)
    if model is None:
        raise ValueError(
            f"{checkpoint.path} does not say how its text tower was built (meta['model']). Name "
            "the run's config with --config"
        )
    config = open_clip_config(checkpoint, model, folder)
    file = folder / WEIGHTS
    _write(file, weights, {})
    _write_json(folder / CONFIG, config)
    load_with = f"open_clip.create_model_and_transforms('local-dir:{folder.name}')"
    notes = []
    if config["model_cfg"]["text_cfg"].get("hf_model_name") == folder.name:
        notes = [
            f"open_clip looks for the text tower's config in {folder.name!r}, from where Python "
            "runs: start it in the parent folder. The hub finds it anywhere"
        ]
    manifest = make_manifest("open_clip", checkpoint, weights, dropped, file, load_with, notes)
    _write_json(folder / "manifest.json", manifest)
    return manifest


def _check_target(layout: str, out: Path, overwrite: bool) -> None:
    """Raise where the layout is unknown, or ``out`` does not fit it or may not be replaced."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout={layout!r} is unknown; take one of {', '.join(LAYOUTS)}")
    if layout == "open_clip" and out.suffix in (*SUFFIXES, ".pt"):
        raise ValueError(f"--out {out}: an open_clip model is a folder (config and weights)")
    if layout != "open_clip" and out.suffix not in SUFFIXES:
        raise ValueError(f"--out {out}: give a file that ends in {' or '.join(SUFFIXES)}")
    # An empty folder, or one without a model of open_clip, is not an export.
    there = out / CONFIG if layout == "open_clip" else out
    if there.exists() and not overwrite:
        raise FileExistsError(f"{there} is there already; --force replaces it")


def _write(path: Path, weights: Mapping[str, Tensor], content: object) -> None:
    """Write the tensors, read them back and compare.

    Args:
        path: The file; its ending decides the format.
        weights: The tensors by name.
        content: What ``torch.save`` writes, with the tensors in it; safetensors holds only them.

    Raises:
        OSError: The file does not hold what was written.
    """
    if path.suffix == ".safetensors":
        # safetensors takes contiguous tensors only; transformers demands the metadata's format.
        whole = {name: tensor.contiguous() for name, tensor in weights.items()}
        write_atomically(path, save(whole, metadata={"format": "pt"}))
    else:
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_atomically(path, buffer.getbuffer())
    stored = read_tensors(path)[0]
    wrong = [
        name
        for name, tensor in weights.items()
        if name not in stored or not torch.equal(stored[name], tensor)
    ]
    if wrong or len(stored) != len(weights):
        raise OSError(f"{path} does not hold what was written: {', '.join(wrong[:5])}")


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(content, indent=1) + "\n")
