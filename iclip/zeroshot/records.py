"""A model's settings in a result, and the lines about a data set that a user reads."""

from iclip.files.checksum import file_sha256
from iclip.results import Classification, SetResult, Settings
from iclip.results.tool_files import METRIC_NAMES
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder


def model_settings(model: ImageTextEmbedder) -> Settings:
    """Describe what all data sets of a result share: weights, precision, image size."""
    file = model.origin.file
    return Settings(
        checkpoint=None if file is None else file_sha256(file),
        weights=model.fingerprint(),
        method=model.origin.method,
        samples_seen=model.origin.samples_seen,
        device=model.device,
        precision=model.precision,
        image_size=model.image_size,
        resize=model.resize,
        features=model.features,
    )


def model_line(model: ImageTextEmbedder) -> str:
    """Describe how a model sees images: resize and crop, precision, features."""
    note = f"; {model.origin.note}" if model.origin.note else ""
    return (
        f"{model.name}: short side {model.resize} pixels (bicubic), center of {model.image_size}, "
        f"{model.precision} on {model.device}, features: {model.features}{note}"
    )


def data_lines(name: str, images: ImageSet) -> list[str]:
    """Describe how a data set was read, and what was left out."""
    lines = [f"{name}: {note}" for note in images.notes]
    if images.labelled.left_out:
        lines.append(f"{name}: files that are not images: {images.labelled.left_out}")
    return lines


def result_line(part: SetResult) -> str:
    """Write one line of the table: score, images and classes that were there of how many."""
    assert isinstance(part.detail, Classification)
    images = _of(part.images, part.expected)
    classes = _of(part.detail.classes_with_images, part.detail.expected_classes)
    ((score, value),) = part.short_scores.items()
    return (
        f"{part.name:<18}{value:6.2f}  {METRIC_NAMES[score]:<15}{images:>16} images "
        f"{classes:>14} classes  ({part.split})"
    )


def _of(count: int | None, expected: int | None) -> str:
    return f"{count:,}" if expected is None else f"{count:,} of {expected:,}"
