"""From a checkpoint to a file of another layout, complete and described."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from iclip.checkpoints.backbone_weights import PREFIX
from iclip.checkpoints.weight_files import read_tensors
from iclip.export.backbone_layouts import backbone_in, file_content, how_to_load, notes_on
from iclip.export.manifest import make_manifest
from iclip.export.open_clip_folder import CONFIG, WEIGHTS, open_clip_config, open_clip_weights
from iclip.export.source import Source
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
        layout: ``iclip``: the whole model by its own names, without the optimizer's and hooks'
            state. ``official``, ``openmmlab``, ``timm``: the backbone. ``open_clip``: both towers.
        out: A ``.pth`` or ``.safetensors`` file; for ``open_clip`` a folder.
        model: The run's ``model`` config, where the checkpoint does not hold it.
        overwrite: Whether an export that is there may be replaced.
        leave_out: Beginnings of the backbone's names that the layout need not have a place for.

    Returns:
        The manifest, as written to ``<out>.json``, or ``manifest.json`` in the folder.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        FileExistsError: ``out`` is there.
        ValueError: The layout cannot hold this checkpoint, or not all of its backbone, or ``out``
            is not a file or folder that fits the layout.
    """
    out = Path(out)
    _check_target(layout, out, overwrite)
    source = Source.read(checkpoint)
    if layout == "open_clip":
        return _export_folder(source, out, model or source.meta.get("model"), leave_out)
    weights, dropped = _file_weights(layout, source, leave_out)
    content = file_content(layout, weights, source.backbone.is_video)
    load_with = how_to_load(layout, source, out.name)
    if layout == "iclip":
        content = {"state_dict": weights, "meta": dict(source.meta)}
    _write(out, weights, content)
    notes = notes_on(layout, source)
    manifest = make_manifest(layout, source, weights, dropped, out, load_with, notes)
    _write_json(out.with_name(out.name + ".json"), manifest)
    return manifest


def _file_weights(
    layout: str, source: Source, leave_out: Sequence[str]
) -> tuple[dict[str, Tensor], list[str]]:
    if layout != "iclip":
        weights, dropped = backbone_in(layout, source, leave_out)
        return weights, dropped + list(source.backbone.other)
    if source.backbone.layout == "iclip":  # a whole model, which keeps all its parts
        return dict(source.tensors), []
    own = {PREFIX + name: tensor for name, tensor in source.backbone.weights.items()}
    return own, list(source.backbone.other)


def _export_folder(
    source: Source, folder: Path, model: Mapping[str, Any] | None, leave_out: Sequence[str]
) -> dict[str, Any]:
    weights, dropped = open_clip_weights(source, leave_out)
    if model is None:
        raise ValueError(
            f"{source.path} does not say how its text tower was built (meta['model']). Name the "
            "run's config with --config"
        )
    config = open_clip_config(source, model, folder)
    _write(folder / WEIGHTS, weights, {})
    _write_json(folder / CONFIG, config)
    load_with = f"open_clip.create_model_and_transforms('local-dir:{folder}')"
    manifest = make_manifest("open_clip", source, weights, dropped, folder / WEIGHTS, load_with)
    _write_json(folder / "manifest.json", manifest)
    return manifest


def _check_target(layout: str, out: Path, overwrite: bool) -> None:
    if layout not in LAYOUTS:
        raise ValueError(f"layout={layout!r} is unknown; take one of {', '.join(LAYOUTS)}")
    if layout == "open_clip" and out.suffix in (*SUFFIXES, ".pt"):
        raise ValueError(f"--out {out}: an open_clip model is a folder (config and weights)")
    if layout != "open_clip" and out.suffix not in SUFFIXES:
        raise ValueError(f"--out {out}: give a file that ends in {' or '.join(SUFFIXES)}")
    there = out / CONFIG if layout == "open_clip" else out
    if there.exists() and not overwrite:
        raise FileExistsError(f"{there} is there already; --force replaces it")


def _write(path: Path, weights: Mapping[str, Tensor], content: object) -> None:
    """Write the tensors and read them back: what arrives is what was sent."""
    if path.suffix == ".safetensors":
        whole = {name: tensor.contiguous() for name, tensor in weights.items()}
        write_atomically(path, save(whole, metadata={"format": "pt"}))
    else:
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_atomically(path, buffer.getbuffer())
    back = read_tensors(path)[0]
    wrong = [n for n, t in weights.items() if n not in back or not torch.equal(back[n], t)]
    if wrong or len(back) != len(weights):
        raise OSError(f"{path} does not hold what was written: {', '.join(wrong[:5])}")


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(content, indent=1) + "\n")
