"""Towers and classifiers as ONNX files, each compared with the network before it appears."""

import importlib.util
import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.model_files import stated_task
from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.export.manifest import make_manifest
from iclip.export.onnx_towers import OnnxModel, build_network, towers_of
from iclip.files.atomic import write_atomically, write_folder_atomically
from iclip.files.checksum import file_sha256
from iclip.settings import get_setting
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO

LARGEST_DIFFERENCE = 1e-5
OPSET = 18
_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
_TRANSFORM = "test_dataloader.dataset.image_transform"


def export_onnx(
    checkpoint: str | Path,
    folder: Path,
    model: Mapping[str, Any] | None = None,
    image_size: int | None = None,
) -> dict[str, Any]:
    """Write what a checkpoint holds as ONNX files, with a manifest; whole or not at all.

    Args:
        checkpoint: Both towers of pre-training, or a fine-tuned classifier of images.
        folder: Must not exist, or be empty.
        model: The run's ``model`` config, where the checkpoint does not hold it.
        image_size: Side of the images in pixels; that of the evaluation by default.

    Returns:
        The manifest, which is written to ``manifest.json``.

    Raises:
        FileExistsError: There is something in the folder.
        ValueError: A package is missing, the checkpoint holds neither, or a graph computes
            something else than the network.
    """
    _check_packages()
    exported = ExportedCheckpoint.read(checkpoint)
    meta = load_checkpoint(checkpoint)["meta"]
    _check_task(stated_task(meta, checkpoint), checkpoint)
    config = model or meta.get("model") or get_setting(meta, "config.model")
    if not isinstance(config, Mapping):
        raise ValueError(
            f"{checkpoint} does not say how its model was built (meta['model']). Name the run's "
            "config with --config"
        )
    network = build_network(config, exported.tensors, checkpoint)
    side = image_size or _image_size(meta)
    context_length = get_setting(config, "class_prompts.tokenizer.context_length")
    models = towers_of(network, side, context_length)
    with write_folder_atomically(folder) as unfinished:
        written = [_write(each, unfinished, checkpoint) for each in models]
        notes = [f"{each['file']}: {each['meaning']}" for each in written]
        notes.append(f"images of {side} x {side} pixels only: windows follow from the size")
        manifest = make_manifest(
            "onnx", exported, exported.tensors, [], unfinished / written[0]["file"],
            f"onnxruntime.InferenceSession('{folder.name}/{written[0]['file']}')", notes,
        ) | {"image_size": side, "models": written}  # fmt: skip
        if hasattr(network, "logit_scale"):
            manifest["logit_scale"] = float(network.logit_scale)
        names = get_setting(meta, "dataset_meta.classes")
        if names and written[0]["file"].startswith("classifier"):
            manifest["classes"] = list(names)
        write_atomically(unfinished / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return manifest


def _check_packages() -> None:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(
            f"--layout onnx needs {', '.join(missing)}: pip install {' '.join(missing)}, or "
            "'iclip[onnx]'"
        )


def _check_task(task: str | None, checkpoint: object) -> None:
    """Raise ValueError for a model whose boxes, masks or clips no file would hold."""
    if task in (DETECTION, SEGMENTATION, VIDEO):
        raise ValueError(
            f"{checkpoint} is a model of {task}: --layout onnx takes both towers of pre-training, "
            "or a fine-tuned classifier of images. Predict with it by iclip predict or "
            "iclip.load_model; its backbone alone goes to other libraries by --layout official"
        )


def _image_size(meta: Mapping[str, Any]) -> int:
    stated = meta.get("image_size") or get_setting(meta, f"config.{_TRANSFORM}.size")
    return int(stated or 224)


def _write(model: OnnxModel, folder: Path, checkpoint: object) -> dict[str, Any]:
    """Write a file and compare it with the network; returns its entry of the manifest."""
    file = folder / f"{model.name}.onnx"
    dynamic = ({0: torch.export.Dim.DYNAMIC},)  # the batch size
    # What the exporter says of its own passes is of no use to who exports.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        graph = torch.export.export(model.module, (model.example,), dynamic_shapes=dynamic)
        program = torch.onnx.export(
            graph, dynamo=True, verbose=False, opset_version=OPSET,
            input_names=[model.input], output_names=[model.output],
        )  # fmt: skip
    assert program is not None
    program.save(file, include_initializers=True)
    difference = largest_difference(file, model)
    if not difference <= LARGEST_DIFFERENCE:
        raise ValueError(
            f"{checkpoint}: {file.name} differs from the network by {difference:.1e}, more than "
            f"{LARGEST_DIFFERENCE:.0e}. Nothing was written; take --layout timm or open_clip"
        )
    return {
        "file": file.name,
        "sha256": file_sha256(file),
        "meaning": model.meaning,
        "input": model.input,
        "output": model.output,
        "opset": OPSET,
        "largest_difference": difference,
    }


def largest_difference(file: Path, model: OnnxModel) -> float:
    """Run a file in onnxruntime and compare it with its module, for batches of 1, 2 and 3."""
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    found = []
    for count in (1, 2, 3):
        rows = model.example[-count:]
        with torch.no_grad():
            expected = model.module(rows)
        (given,) = session.run([model.output], {model.input: rows.numpy()})
        found.append((torch.from_numpy(given) - expected).abs().max().item())
    return max(found)
