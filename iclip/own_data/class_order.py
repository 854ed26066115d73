"""Give a data set the labels of a model's classes, so that the model can be evaluated on it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from iclip.messages import counted, listing, printable
from iclip.own_data.data_set import OwnData


def with_classes(data: OwnData, classes: Sequence[str]) -> OwnData:
    """Return a data set with the classes of a model.

    Args:
        data: Its classes may come in any order; it may lack some of the model's.
        classes: Names of the model's classes, in the order of its labels.

    Raises:
        ValueError: The data have classes that the model does not know.
    """
    unknown = [name for name in data.classes if name not in classes]
    if unknown:
        raise ValueError(
            f"{data.root} has {counted(len(unknown), 'class', 'classes')} that the model does not "
            f"know: {printable(listing(unknown, 5))}. Its classes are "
            f"{printable(listing(list(classes), 10))}: give the data the same names"
        )
    if tuple(classes) == tuple(data.classes):
        return data
    labels = [list(classes).index(name) for name in data.classes]
    parts: dict[str, Sequence[Any]] = {
        part: [sample.relabelled(labels) for sample in samples]
        for part, samples in data.parts.items()
    }
    details = dict(zip(labels, data.class_details, strict=True)) if data.class_details else {}
    in_order = tuple(details.get(label, {}) for label in range(len(classes)) if details)
    return replace(data, classes=tuple(classes), parts=parts, class_details=in_order)
