"""The result of comparing words with label maps: what the report reads."""

import math
from pathlib import Path

from iclip.evaluation.class_iou import ClassPixels, mean_iou, mean_iou_by_chance
from iclip.results import ClassScore, ClassScores, SetResult, WordMaps
from iclip.results.protocols import UNTRAINED_MAPS


def map_result(
    pixels: ClassPixels,
    images: int,
    found: int,
    label_maps: Path,
    detail: WordMaps,
    protocol: str | None = None,
) -> SetResult:
    """Describe what was measured.

    Args:
        pixels: Of all images.
        images: How many were compared.
        found: How many there were.
        label_maps: Folder of the label maps, as the user wrote it.
        detail: The words, and how images were segmented.
        protocol: One of :data:`~iclip.results.protocols.UNTRAINED_MAPS`; None for own data.

    Raises:
        ValueError: No pixel of the label maps has a word, so that there is no score.
    """
    if not pixels.true.any():
        raise ValueError(
            f"--label-maps {label_maps}: no pixel has the number of a word, {detail.first_number} "
            f"to {detail.first_number + len(detail.words) - 1}; --first-number says the first one's"
        )
    name = label_maps.resolve().name
    whole = UNTRAINED_MAPS.get(protocol or "")
    deviations = () if whole is None else whole.deviations(images, len(detail.words))
    return SetResult(
        names=(name,),
        scores={
            f"{name}/mIoU": mean_iou(pixels),
            f"{name}/pixel_accuracy": 100 * pixels.accuracy(),
        },
        images=images,
        expected=found if whole is None else whole.images,
        protocol=protocol,
        deviations=deviations,
        notes=(f"words drawn at random: mIoU {mean_iou_by_chance(pixels):.1f}",),
        detail=detail,
        per_class=_class_scores(pixels, detail.words),
    )


def _class_scores(pixels: ClassPixels, words: tuple[str, ...]) -> ClassScores:
    """Return each word's IoU; None for one that is neither in the maps nor predicted."""
    return ClassScores(
        "IoU",
        "pixels",
        tuple(
            ClassScore(word, None if math.isnan(iou) else 100 * float(iou), int(count))
            for word, iou, count in zip(words, pixels.iou(), pixels.true, strict=True)
        ),
    )


def check_protocol(named: str | None) -> None:
    """Refuse a protocol that is not of untrained maps.

    Raises:
        ValueError: It is another, or unknown.
    """
    if named is not None and named not in UNTRAINED_MAPS:
        raise ValueError(f"--protocol {named}: it takes {' or '.join(UNTRAINED_MAPS)}")
