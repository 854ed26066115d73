"""Tell how a pipeline reads images, and which of many to look at."""

from collections.abc import Mapping, Sequence
from typing import Any


def turns_images(pipeline: Sequence[Mapping[str, Any]] | None) -> bool:
    """Whether a pipeline's reader turns images as their EXIF data says; mmcv's default does."""
    for step in pipeline or ():
        if isinstance(step, Mapping) and str(step.get("type")).endswith("LoadImageFromFile"):
            color_type = str(step.get("color_type", "color"))
            return color_type != "unchanged" and not color_type.endswith("ignore_orientation")
    return True


def evenly_spaced(count: int, sample: int) -> list[int]:
    """Return the positions of at most ``sample`` of ``count`` things, including the first."""
    return sorted({position * count // sample for position in range(sample)}) if count else []
