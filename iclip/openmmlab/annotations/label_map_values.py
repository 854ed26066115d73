"""Check the labels in a sample of label maps, read as mmseg's pipeline reads them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from mmengine.registry import DefaultScope
from mmseg.registry import TRANSFORMS
from PIL import Image

from iclip.findings import FileFindings
from iclip.messages import counted, one_line
from iclip.openmmlab.annotations.configured_data_sets import ConfiguredDataSet
from iclip.openmmlab.annotations.image_headers import evenly_spaced

SAMPLE = 64  # maps that are decoded
# If the sample looks like black-and-white masks, this many maps are searched for another label.
SUSPECTED_SAMPLE = 1000
_BLACK_AND_WHITE = {0, 255}


@dataclass
class _SeenLabels:
    """What a sample of maps holds.

    Attributes:
        stored: Labels as the files store them.
        used: Labels as the model sees them, without the ignored one.
        beyond: Maps with labels for which the model has no class, and these labels.
        wide: Maps with labels above 255, and the largest label.
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
        entries: The entries of its data list whose maps have one channel.
        num_classes: Number of classes of the model.
        found: Receives what is wrong.

    Returns:
        Number of maps that were decoded.
    """
    step = next(
        (step for step in source.config.get("pipeline") or () if is_map_reader(step)),
        dict(type="LoadAnnotations"),
    )
    # Whatever framework's model this process has built before.
    with DefaultScope.overwrite_default_scope("mmseg"):
        reader = TRANSFORMS.build(dict(step))
    seen = _SeenLabels()
    looked_at = 0
    for entry in _sample(entries, seen):
        looked_at += 1
        try:
            _look_at(entry, reader, source.dataset.ignore_index, num_classes, seen)
        except AssertionError:  # mmseg's reader wants the same reduce_zero_label in both places
            found.faults.append(
                f"{source.setting}.reduce_zero_label={source.dataset.reduce_zero_label}, and "
                f"LoadAnnotations of its pipeline has reduce_zero_label={reader.reduce_zero_label}"
                ": set both to the same"
            )
            return 0
        except (OSError, ValueError, SyntaxError) as error:
            seen.unreadable.append(f"{entry['seg_map_path']}: {one_line(error)}")
    _note(source, seen, f"of {counted(looked_at, 'map')} looked at", num_classes, found)
    return looked_at - len(seen.unreadable)


def _sample(entries: Sequence[Mapping[str, Any]], seen: _SeenLabels) -> Iterator[Mapping[str, Any]]:
    """Yield a sample, then more entries as long as all labels seen are black or white."""
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
    """Add a map's labels to those seen, as they are stored and as the model would see them."""
    path = entry["seg_map_path"]
    with Image.open(path) as image:
        stored = _values(np.asarray(image))
    seen.stored |= stored
    if max(stored) > 255:  # mmseg decodes maps to 8 bits
        seen.wide.append(f"{path}: {max(stored)}")
    labels = reader({**entry, "seg_fields": []})["gt_seg_map"]
    used = _values(labels) - {ignored}
    seen.used |= used
    beyond = sorted(label for label in used if label >= num_classes)
    if beyond:
        shown = ", ".join(map(str, beyond[:5])) + (" ..." if len(beyond) > 5 else "")
        seen.beyond.append(f"{path}: {shown}")


def _values(labels: npt.NDArray[Any]) -> set[int]:
    """Return the distinct labels of a map."""
    if labels.dtype == np.uint8:  # counting is ten times as fast as sorting
        return set(np.flatnonzero(np.bincount(labels.ravel())).tolist())
    return set(np.unique(labels).astype(int).tolist())


def _note(
    source: ConfiguredDataSet, seen: _SeenLabels, of: str, num_classes: int, found: FileFindings
) -> None:
    """Say what is wrong with the labels seen, ``of`` so many maps."""
    dataset = source.dataset
    # With reduce_zero_label, mmseg ignores label 0 and lowers the others by one.
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
    found.fault(f"label maps with labels of no class, {of}", seen.beyond, remedy)
    if seen.stored and not seen.used:
        found.faults.append(f"every pixel is ignored, {of}; {expected}")
