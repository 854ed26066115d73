"""Say what was recognized, for people: parts, classes, what is odd, what was decided."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from iclip.data_summary import number_of
from iclip.messages import counted, printable
from iclip.own_data.boxes import BoxedImage
from iclip.own_data.data_set import OwnData, Sample

_SHOWN_CLASSES = 20


def describe(data: OwnData) -> str:
    """Describe a data set on some lines: its parts, a table of classes, and what was decided."""
    lines = [f"{printable(str(data.root))}: {data.format}, {data.task}"]
    lines += _indented(_aligned([_part_row(part, s) for part, s in data.parts.items()]))
    lines += [f"{counted(len(data.classes), 'class', 'classes')}:"]
    lines += _indented(_class_table(data))
    part, samples = next(iter(data.parts.items()))  # train, if it has one
    if isinstance(samples[0], BoxedImage):
        lines += _box_sizes(part, samples)
    if data.left_out:
        lines += ["left out:", *_indented([str(omission) for omission in data.left_out])]
    if data.notes:
        lines += ["decided:", *_indented([printable(note) for note in data.notes])]
    return "\n".join(lines)


def _part_row(part: str, samples: Sequence[Sample]) -> list[str]:
    """Say how many samples a part has, how many labelled things, and how many samples lack any."""
    things, labelled = samples[0].SAMPLES, samples[0].LABELLED
    row = [part, number_of(len(samples), things)]
    counts = [len(sample.class_labels) for sample in samples]
    if things == labelled or not any(counts):
        return row
    empty = counts.count(0)
    return [*row, number_of(sum(counts), labelled), f"{empty:,} without" if empty else ""]


def _class_table(data: OwnData) -> list[str]:
    """Tell of each class how many samples and labelled things each part has."""
    titles, columns = [""], []
    for part, samples in data.parts.items():
        things, labelled = samples[0].SAMPLES, samples[0].LABELLED
        labels = [sample.class_labels for sample in samples]
        titles.append(f"{part} {things}")
        columns.append(Counter(label for of_sample in labels for label in set(of_sample)))
        if things != labelled:
            titles.append(labelled)
            columns.append(Counter(label for of_sample in labels for label in of_sample))
    shown = list(range(len(data.classes)))
    if len(shown) > _SHOWN_CLASSES:  # the most frequent ones
        shown = sorted(shown, key=lambda label: -columns[0][label])[:_SHOWN_CLASSES]
    rest = len(data.classes) - len(shown)
    more = [f"and {rest:,} more"] if rest else []
    if not any(columns):
        return [printable(", ".join(data.classes[label] for label in shown)), *more]
    rows = [
        [printable(data.classes[label]), *(f"{counts[label]:,}" for counts in columns)]
        for label in shown
    ]
    return [*_aligned([titles, *rows], numbers=True), *more]


def _box_sizes(part: str, samples: Sequence[BoxedImage]) -> list[str]:
    """Tell how large the boxes of a part are: detectors miss objects of a few pixels."""
    boxes = np.concatenate([sample.boxes[~sample.crowd] for sample in samples])
    if not len(boxes):
        return []
    sides = np.sqrt(boxes[:, 2] * boxes[:, 3])
    smallest, median, largest = sides.min(), np.median(sides), sides.max()
    return [
        f"boxes of {part}, root of the area: {smallest:.0f} to {largest:.0f} pixels, "
        f"median {median:.0f}"
    ]


def _aligned(rows: Sequence[Sequence[str]], numbers: bool = False) -> list[str]:
    """Align columns to the left; all but the first to the right where they are numbers."""
    width = max(map(len, rows))
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    sizes = [max(map(len, column)) for column in zip(*filled, strict=True)]
    return [
        "  ".join(
            cell.rjust(size) if numbers and at else cell.ljust(size)
            for at, (cell, size) in enumerate(zip(row, sizes, strict=True))
        ).rstrip()
        for row in filled
    ]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
