"""The labels in a sample of label maps, read as mmseg's pipeline reads them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mmseg.registry import TRANSFORMS
from PIL import Image

from iclip.findings import FileFindings
from iclip.messages import counted
from iclip.openmmlab.annotations.configured_data_sets import ConfiguredDataSet
from iclip.openmmlab.annotations.image_headers import evenly_spaced

SAMPLE = 64
# Where the sample looks like black-and-white masks, so many are searched for another label.
SUSPECTED_SAMPLE = 1000
_BLACK_AND_WHITE = {0, 255}


@dataclass
class _SeenLabels:
    """What a sample of maps holds.

    Attributes:
        stored: Labels as the files store them.
        used: Labels as the model sees them, without the ignored one.
        beyond: Maps with labels that the model has no class for, and which.
        wide: Maps with labels above 255.
        unreadable: Maps that cannot be decoded, and why.
    """

    stored: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    beyond: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def check_labels(
    source: ConfiguredDataSet,
    entries: Sequence[Mapping[str, Any]],
    num_classes: int,
    found: FileFindings,
) -> int:
    """Check that labels are classes of the model.

    Args:
        source: The data set.
        entries: Its data list: those whose maps have one channel.
        num_classes: Of the model.
        found: Receives what is wrong.

    Returns:
        How many maps were decoded.
    """
    step = next(
        (step for step in source.config.get("pipeline") or () if is_map_reader(step)),
        dict(type="LoadAnnotations"),
    )
    reader = TRANSFORMS.build(dict(step))
    seen = _SeenLabels()
    looked_at = 0
    for entry in _sample(entries, seen):
        looked_at += 1
        try:
            _look_at(entry, reader, source.dataset.ignore_index, num_classes, seen)
        except AssertionError:  # of mmseg's reader, on the first map
            found.faults.append(
                f"{source.setting}.reduce_zero_label={source.dataset.reduce_zero_label}, and "
                f"LoadAnnotations of its pipeline has reduce_zero_label={reader.reduce_zero_label}"
                ": set both to the same"
            )
            return 0
        except (OSError, ValueError, SyntaxError) as error:
            reason = " ".join(str(error).split())[:80]
            seen.unreadable.append(f"{entry['seg_map_path']}: {reason}")
    _note(source, seen, f"of {counted(looked_at, 'map')} looked at", num_classes, found)
    return looked_at - len(seen.unreadable)


def _sample(entries: Sequence[Mapping[str, Any]], seen: _SeenLabels) -> Iterator[Mapping[str, Any]]:
    """Give a sample, and more of the entries as long as those seen are black and white only."""
    first = evenly_spaced(len(entries), SAMPLE)
    yield from (entries[position] for position in first)
    for position in evenly_spaced(len(entries), SUSPECTED_SAMPLE):
        if seen.stored != _BLACK_AND_WHITE:
            return
        if position not in first:
            yield entries[position]


def is_map_reader(step: Any) -> bool:
    """Whether a pipeline's step reads label maps."""
    return isinstance(step, Mapping) and str(step.get("type")).endswith("LoadAnnotations")


def _look_at(
    entry: Mapping[str, Any], reader: Any, ignored: int, num_classes: int, seen: _SeenLabels
) -> None:
    path = entry["seg_map_path"]
    with Image.open(path) as image:
        stored = set(np.unique(np.asarray(image)).astype(int).tolist())
    seen.stored |= stored
    if max(stored) > 255:
        seen.wide.append(f"{path}: {max(stored)}")
    labels = reader({**entry, "seg_fields": []})["gt_seg_map"]
    used = set(np.unique(labels).tolist()) - {ignored}
    seen.used |= used
    beyond = sorted(label for label in used if label >= num_classes)
    if beyond:
        shown = ", ".join(map(str, beyond[:5])) + (" ..." if len(beyond) > 5 else "")
        seen.beyond.append(f"{path}: {shown}")


def _note(
    source: ConfiguredDataSet, seen: _SeenLabels, of: str, num_classes: int, found: FileFindings
) -> None:
    dataset = source.dataset
    first = int(bool(dataset.reduce_zero_label))
    zero = ", 0 is ignored" if first else ""
    expected = (
        f"{num_classes} classes are expected: labels {first} to {num_classes - 1 + first}{zero}, "
        f"{dataset.ignore_index} is ignored"
    )
    found.fault(f"label maps that cannot be read, {of}", seen.unreadable, "replace them")
    if seen.stored == _BLACK_AND_WHITE and num_classes > 1:
        values = " and ".join(map(str, sorted(seen.stored)))
        found.faults.append(
            f"the only labels are {values}, {of}; {expected}. Black-and-white "
            "masks hold no classes: write the class's number in place of 255"
        )
        return
    found.fault(
        f"label maps with labels above 255, {of}", seen.wide, "mmseg reads 8 bits: number from 0"
    )
    remedy = f"{expected} ({source.setting}.reduce_zero_label={dataset.reduce_zero_label})"
    found.fault(f"label maps with labels that are no class, {of}", seen.beyond, remedy)
    if seen.stored and not seen.used:
        found.faults.append(f"every pixel is ignored, {of}; {expected}")
