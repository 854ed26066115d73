"""What a result file says of the model, and what a user reads of a data set."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from iclip import __version__
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder

_BLOCK = 1 << 20

# Names of the figures in a result file's flat ``metrics``.
FIGURES = {"top-1": "top1", "mean per class": "mean_per_class", "11-point mAP": "map_11_point"}


def model_settings(model: ImageTextEmbedder) -> dict[str, Any]:
    """What all data sets of a result file share: weights, precision, image size."""
    file = model.origin.file
    return {
        "checkpoint": None if file is None else _sha256(file),
        "weights": model.fingerprint(),
        "method": model.origin.method,
        "samples_seen": model.origin.samples_seen,
        "device": model.device,
        "precision": model.precision,
        "image_size": model.image_size,
        "resize": model.resize,
        "features": model.features,
        "iclip_version": __version__,
    }


def model_line(model: ImageTextEmbedder) -> str:
    """Say how a model sees images: resize and crop, precision, features."""
    note = f"; {model.origin.note}" if model.origin.note else ""
    return (
        f"{model.name}: short side {model.resize} pixels (bicubic), center of {model.image_size}, "
        f"{model.precision} on {model.device}, features: {model.features}{note}"
    )


def data_lines(name: str, images: ImageSet) -> list[str]:
    """Say what of a data set is worth knowing: how it was read, and what was left out."""
    lines = [f"{name}: {note}" for note in images.notes]
    if images.labelled.left_out:
        lines.append(f"{name}: files that are no images: {images.labelled.left_out}")
    return lines


def result_line(name: str, result: Mapping[str, Any]) -> str:
    """One line of the table: figure, images and classes that were there of how many."""
    images = _of(result["images"], result["expected"])
    classes = _of(result["classes_with_images"], result["expected_classes"])
    return (
        f"{name:<18}{result['value']:6.2f}  {result['metric']:<15}{images:>16} images "
        f"{classes:>14} classes  ({result['split']})"
    )


def flat_metrics(results: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Figures of zero-shot classification by ``<data set>/<figure>``."""
    return {f"{name}/{FIGURES[r['metric']]}": r["value"] for name, r in results.items()}


def _of(count: int, expected: int | None) -> str:
    return f"{count:,}" if expected is None else f"{count:,} of {expected:,}"


def _sha256(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
