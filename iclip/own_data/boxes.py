"""Images with boxes: the samples of detection, and the one rule of which boxes are kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.remarks import Remarks

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.bool_]

# LVIS's lists of classes of an image: by their names in its files, their names in
# BoxedImage.details, where labels are in the place of ids.
LABELS_OF_IMAGE = {
    "neg_category_ids": "neg_labels",
    "not_exhaustive_category_ids": "not_exhaustive_labels",
}

# A box may reach this much beyond its image without being an oddity: coordinates are rounded.
_ROUNDING = 1.0


@dataclass(frozen=True, eq=False)
class BoxedImage:
    """An image and the boxes of its objects.

    Attributes:
        file: The image, absolute.
        width: Width of the upright image in pixels.
        height: Height of the upright image in pixels.
        boxes: (N, 4), each box as left, top, width, height in pixels, within the image and at
            least one pixel wide and high.
        labels: (N,), indices into the classes.
        crowd: (N,), true for a box that is neither learned nor counted as missed, such as COCO's
            crowds and what VOC calls difficult.
        areas: (N,), in pixels: of the object where the format states it, else of its box.
        details: What else the format says of the image, such as `LABELS_OF_IMAGE`.
    """

    SAMPLES: ClassVar[str] = "images"
    LABELLED: ClassVar[str] = "boxes"

    file: str
    width: int
    height: int
    boxes: Floats
    labels: Ints
    crowd: Rows
    areas: Floats
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def class_labels(self) -> Sequence[int]:
        """The label of each box to learn from."""
        return self.labels[~self.crowd].tolist()

    def relabelled(self, labels: Sequence[int]) -> "BoxedImage":
        """Return the image with other labels.

        Args:
            labels: The new label by the one it has now.
        """
        details = {
            key: [labels[label] for label in value] if key in LABELS_OF_IMAGE.values() else value
            for key, value in self.details.items()
        }
        return replace(self, labels=np.array(labels, dtype=np.int64)[self.labels], details=details)


@dataclass(frozen=True)
class BoxTable:
    """The boxes of many images as they are written, in pixels of the upright images.

    Attributes:
        images: (N,), the position of each box's image.
        labels: (N,), indices into the classes.
        boxes: (N, 4), left, top, width, height.
        crowd: (N,), see :class:`BoxedImage`.
        areas: (N,), of the objects; NaN where they are not stated.
        name: Names a box in a message, by its position.
        hint: What the format's boxes are, for a message about many that do not fit.
    """

    images: Ints
    labels: Ints
    boxes: Floats
    crowd: Rows
    areas: Floats
    name: Callable[[int], str]
    hint: str

    def of(self, rows: Rows | Ints) -> "BoxTable":
        """Return some of the boxes."""
        positions = np.arange(len(self.images))[rows]
        return BoxTable(
            self.images[rows],
            self.labels[rows],
            self.boxes[rows],
            self.crowd[rows],
            self.areas[rows],
            lambda row: self.name(int(positions[row])),
            self.hint,
        )


def boxed_images(
    images: Sequence[SizedImage],
    table: BoxTable,
    remarks: Remarks,
    details: Sequence[Mapping[str, Any]] | None = None,
) -> list[BoxedImage]:
    """Clip boxes to their images, leave out those without a pixel, and group them by image.

    Args:
        images: The images of one part, in whose order the samples are returned.
        table: Their boxes.
        remarks: Receives what was clipped and left out.
        details: See :class:`BoxedImage`, for each image.

    Raises:
        ValueError: More than a tenth of the boxes is odd in the same way.
    """
    sizes = np.array([(image.width, image.height) for image in images], dtype=float).reshape(-1, 2)
    kept = _distinct(_clipped(table, sizes, remarks), remarks)
    order = np.argsort(kept.images, kind="stable")
    ends = np.searchsorted(kept.images[order], np.arange(len(images)), side="right")
    starts = np.concatenate(([0], ends[:-1])) if len(images) else ends
    samples = []
    for position, (image, start, end) in enumerate(zip(images, starts, ends, strict=True)):
        rows = order[start:end]
        samples.append(
            BoxedImage(
                image.file,
                image.width,
                image.height,
                kept.boxes[rows],
                kept.labels[rows],
                kept.crowd[rows],
                kept.areas[rows],
                {} if details is None else details[position],
            )
        )
    return samples


def _clipped(table: BoxTable, sizes: Floats, remarks: Remarks) -> BoxTable:
    """Clip boxes to their images, and leave out those of which nothing is left."""
    total = len(table.images)

    def named(rows: Rows) -> list[str]:
        return [table.name(int(row)) for row in np.flatnonzero(rows)]

    infinite = _in_any_column(~np.isfinite(table.boxes))
    remarks.leave_out(
        "boxes with NaN or infinite numbers", named(infinite), total, "correct or remove them"
    )
    # Zeros in their place: they are left out whatever comes of them.
    boxes = np.where(infinite[:, None], 0.0, table.boxes)
    limits = sizes[table.images]  # N, 2
    starts, ends = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    inner_starts, inner_ends = np.clip(starts, 0, limits), np.clip(ends, 0, limits)
    # Numbers of a box within its image stay as they are, bit for bit.
    reaches_out = _in_any_column((starts < 0) | (ends > limits))
    sides = np.where(reaches_out[:, None], inner_ends - inner_starts, boxes[:, 2:])
    # A box without an area as it is written is not one that lies elsewhere.
    outside = _in_any_column(sides <= 0) & ~_in_any_column(boxes[:, 2:] < 1)
    thin = _in_any_column(sides < 1) & ~outside & ~infinite
    remarks.leave_out("boxes narrower or lower than a pixel", named(thin), total, table.hint)
    remarks.leave_out("boxes without a pixel in their image", named(outside), total, table.hint)
    kept = ~infinite & ~outside & ~thin
    far = _in_any_column((starts < -_ROUNDING) | (ends > limits + _ROUNDING))
    remarks.change(
        "boxes beyond an edge of their image", named(far & kept), "clipped", total, table.hint
    )
    rest = table.of(kept)
    within = np.concatenate((inner_starts, sides), axis=1)[kept]
    return replace(rest, boxes=within, areas=_areas(rest.areas, within))


def _in_any_column(marks: Rows) -> Rows:
    """Return (N,), true where a row of (N, columns) has a true value."""
    return np.asarray(marks.any(axis=1))


def _areas(stated: Floats, boxes: Floats) -> Floats:
    """Return the stated areas; those of the boxes where none is stated that a box can hold."""
    of_boxes = boxes[:, 2] * boxes[:, 3]
    with np.errstate(invalid="ignore"):
        usable = (stated > 0) & (stated <= of_boxes)
    return np.where(usable, stated, of_boxes)


def _distinct(table: BoxTable, remarks: Remarks) -> BoxTable:
    """Leave out boxes stated again for the same image and class."""
    columns = np.column_stack((table.images, table.labels, table.crowd, table.boxes))
    _, first = np.unique(columns, axis=0, return_index=True)
    if len(first) == len(columns):
        return table
    kept = np.zeros(len(columns), dtype=bool)
    kept[first] = True
    again = [table.name(int(row)) for row in np.flatnonzero(~kept)]
    remarks.leave_out("boxes stated again", again)
    return table.of(kept)
