"""Check annotation files of mmdet's COCO and LVIS data sets: ids, boxes, categories, images."""

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from mmdet.datasets import CocoDataset, LVISV05Dataset

import iclip.openmmlab.shared_annotations  # noqa: F401  (the data set takes what was read here)
from iclip.data_summary import DataSummary, Omission
from iclip.files.annotations import read_annotations
from iclip.files.coco import category_name
from iclip.findings import FileFindings
from iclip.messages import listing
from iclip.openmmlab.annotations.boxes import CheckedBoxes, check_boxes
from iclip.openmmlab.annotations.categories import categories_by_label
from iclip.openmmlab.annotations.checked_data import CheckedData
from iclip.openmmlab.annotations.configured_data_sets import ConfiguredDataSet
from iclip.openmmlab.annotations.detection_structure import (
    annotation_name,
    another_format,
    check_ids,
    image_name,
    lacking_parts,
)
from iclip.openmmlab.annotations.image_files_on_disk import ListedImage, check_images
from iclip.openmmlab.annotations.image_headers import turns_images
from iclip.openmmlab.text_detection.seen_boxes import LVISOfCategories

# Share of a file's boxes that may be odd in the same way; a run with more of them stops. A few odd
# boxes are noise of the annotation, many mean that the boxes are written in another format.
MAX_PASSED_OVER = 0.1


def check_detection(source: ConfiguredDataSet, heads: Mapping[str, int]) -> CheckedData:
    """Check an annotation file and the images that it names.

    Args:
        source: A data set whose class derives from mmdet's ``CocoDataset``.
        heads: Number of classes of the model's heads, by setting.
    """
    dataset = source.dataset
    found = FileFindings(f"Annotations: {dataset.ann_file} ({source.setting}.ann_file)")
    content = _read(source, found)
    if content is None or not check_ids(content, found):
        return CheckedData(found.findings())
    categories = labelled_categories(dataset, content)
    _check_categories(source, content, categories, heads, found)
    learnt = _learnt_categories(dataset, categories, found)
    sizes = {image["id"]: (image["width"], image["height"]) for image in content["images"]}
    boxes = check_boxes(content["annotations"], sizes, [entry["id"] for entry in learnt])
    _note_boxes(content, boxes, found)
    folder = dataset.data_prefix.get("img", "")
    images = [
        ListedImage(
            os.path.join(folder, image_name(dataset, image)), image["width"], image["height"]
        )
        for image in content["images"]
    ]
    check_images(images, turns_images(source.config.get("pipeline")), found)
    summary = _summary(source, content, boxes, categories, learnt, found)
    return CheckedData(
        found.findings(),
        {source.place: summary},
        [category_name(entry) for entry in categories],
        frozenset(image.path for image in images),
    )


def labelled_categories(dataset: CocoDataset, content: Mapping[str, Any]) -> list[Any]:
    """Return a file's categories in the order of the data set's labels."""
    # mmdet's LVIS data sets take every category of the file, whatever metainfo.classes says.
    by_file = isinstance(dataset, LVISV05Dataset)
    return categories_by_label(
        content["categories"], None if by_file else dataset.metainfo.get("classes")
    )


def _learnt_categories(
    dataset: CocoDataset, categories: list[Any], found: FileFindings
) -> list[Any]:
    """Return the categories whose boxes the data set keeps."""
    if not isinstance(dataset, LVISOfCategories):
        return categories
    try:
        return [categories[label] for label in dataset.trained_labels(categories)]
    except (OSError, ValueError) as error:
        found.faults.append(str(error))
        return categories


def _read(source: ConfiguredDataSet, found: FileFindings) -> Any:
    """Read a file; None if it is not what the data set reads, which is noted."""
    dataset = source.dataset
    if not os.path.isfile(dataset.ann_file):
        # The check of all paths reports a missing root.
        if not dataset.data_root or os.path.isdir(dataset.data_root):
            found.faults.append("there is no such file: correct ann_file or data_root")
        return None
    try:
        content = read_annotations(dataset.ann_file)
    except ValueError as error:
        found.faults.append(str(error))
        return None
    if "img" not in dataset.data_prefix:
        found.faults.append(
            f"{source.setting}.data_prefix={dict(dataset.data_prefix)} lacks img, the folder of "
            "the images"
        )
        return None
    other = another_format(dataset, source.type_name, source.setting, content)
    lacking = lacking_parts(dataset, content)
    if other or lacking:
        found.faults.append(
            f"it is {other}" if other else f"it lacks {lacking}, which {source.type_name} reads"
        )
        return None
    return content


def _check_categories(
    source: ConfiguredDataSet,
    content: Mapping[str, Any],
    categories: list[Any],
    heads: Mapping[str, int],
    found: FileFindings,
) -> None:
    """Compare the file's categories with the data set's class names and the model's heads."""
    classes = source.dataset.metainfo.get("classes") or ()
    setting = f"{source.setting}.metainfo.classes"
    names = [category_name(entry) for entry in content["categories"]]
    if isinstance(classes, str):
        found.faults.append(f"{setting}={classes!r} is a text: write ({classes!r},)")
        return
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    found.fault("names of categories that occur more than once", repeated, "give each its own")
    if not isinstance(source.dataset, LVISV05Dataset):
        unknown = sorted(set(classes) - set(names))
        remedy = f"the file's are {listing(names, 5)}: set {setting} to names of the file"
        found.fault(f"classes of {setting} that are not categories", unknown, remedy)
    for place, count in heads.items():
        if count != len(categories) and not found.faults:
            found.faults.append(
                f"it has {len(categories)} categories, the model {count} classes: set "
                f"{place}={len(categories)}, or name the file of the other classes"
            )


def _note_boxes(content: Mapping[str, Any], boxes: CheckedBoxes, found: FileFindings) -> None:
    """Note odd boxes: some kinds always stop a run, the others only if they are many."""
    annotations = content["annotations"]

    def named(rows: np.ndarray) -> list[str]:
        return [annotation_name(annotations[row]) for row in np.flatnonzero(rows)]

    found.fault(
        "boxes that are not four numbers, or whose area is not a number",
        named(boxes.malformed),
        "bbox is [x, y, width, height] in pixels",
    )
    found.fault(
        "boxes with NaN or infinite numbers", named(boxes.not_finite), "correct or remove them"
    )
    many = MAX_PASSED_OVER * len(annotations)
    for rows, what, hint in (
        (boxes.outside, "boxes without a pixel in their image", "are they of other images?"),
        (
            boxes.thin,
            "boxes narrower or lower than a pixel, or with an area of zero or less",
            "are they in fractions of the image, where bbox is in pixels?",
        ),
        (
            boxes.overhanging,
            "boxes that reach beyond their image",
            "are they x1, y1, x2, y2, where bbox is x, y, width, height?",
        ),
    ):
        if rows.sum() > many:
            limit = f"more than {MAX_PASSED_OVER:.0%} of {len(annotations):,} boxes; {hint}"
            found.fault(what, named(rows), limit)
        elif rows is boxes.overhanging:
            found.remark(what, named(rows), "kept as they are")
        else:
            found.remark(what, named(rows), "passed over")


def _summary(
    source: ConfiguredDataSet,
    content: Mapping[str, Any],
    boxes: CheckedBoxes,
    categories: list[Any],
    learnt: list[Any],
    found: FileFindings,
) -> DataSummary:
    """Count what the data set keeps, by the rules of mmdet's ``filter_data``."""
    dataset, annotations = source.dataset, content["annotations"]
    filters = {} if dataset.test_mode else dataset.filter_cfg or {}
    chosen = {entry["id"] for entry in learnt}
    others = {entry["id"] for entry in categories} - chosen
    # For mmdet an image has annotations even if none of their boxes is kept.
    annotated = {entry["image_id"] for entry in annotations if entry["category_id"] in chosen}
    empty, small, kept_images = [], [], []
    for image in content["images"]:
        if filters.get("filter_empty_gt", False) and image["id"] not in annotated:
            empty.append(image_name(dataset, image))
        elif min(image["width"], image["height"]) < filters.get("min_size", 0):
            small.append(image_name(dataset, image))
        else:
            kept_images.append(image)
    passed_over = np.flatnonzero(boxes.outside | boxes.thin | boxes.ignored)
    omitted = {
        "images without boxes": empty,
        f"images with a side below {filters.get('min_size', 0)}": small,
        "boxes passed over": [annotation_name(annotations[row]) for row in passed_over],
        f"boxes of the {len(others):,} categories not in train_only": [
            annotation_name(entry) for entry in annotations if entry["category_id"] in others
        ],
    }
    left_out = tuple(
        Omission(what, len(names), names[0]) for what, names in omitted.items() if names
    )
    if not kept_images:
        why = listing([str(omission) for omission in left_out]) or "the file lists no images"
        found.faults.append(
            f"no image is left: {why}. See {source.setting}.filter_cfg and metainfo.classes"
        )
    elif not boxes.kept.any() and not found.faults:
        found.faults.append("no box is left to learn from or to compare with")
    kept_ids = {image["id"] for image in kept_images}
    of_kept_image = np.array([entry["image_id"] in kept_ids for entry in annotations], dtype=bool)
    with_boxes = {annotations[row]["image_id"] for row in np.flatnonzero(boxes.kept)}
    counts = {
        "images": len(kept_images),
        "boxes": int((boxes.kept & of_kept_image).sum()),
        "categories": len(learnt),
        "images without boxes": len(kept_ids - with_boxes),
        "crowds": int((boxes.crowds & of_kept_image).sum()),
    }
    shown = {what: n for what, n in counts.items() if n or what in ("images", "boxes")}
    return DataSummary(source.type_name, dataset.ann_file, shown, left_out)
