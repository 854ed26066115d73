"""Find the names of a trained model's classes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from iclip.datasets.readers.video_list import LABEL_FILE
from iclip.files.annotations import read_annotations
from iclip.files.coco import category_name
from iclip.files.text import read_text
from iclip.openmmlab.annotations.categories import categories_by_label
from iclip.openmmlab.annotations.configured_data_sets import (
    configured_metrics,
    innermost_data_sets,
)
from iclip.text.class_texts import class_texts_of

UNNAMED = "class {}"
"""The name of a class that nothing names, by its label."""


def class_names(cfg: Config, count: int, meta: Mapping[str, Any]) -> list[str]:
    """Find the names of a model's classes.

    The names come from the first of these sources that has ``count`` of them: the categories of
    the test data's annotation file in the order of mmdet's labels; ``labels.txt`` beside the list
    of videos; the config's data set; the data set and the class texts in the checkpoint's meta; and
    for 400 classes torchvision's names of Kinetics-400. If none has as many, they are ``class 0``
    and so on.

    Args:
        cfg: A downstream config.
        count: Number of classes of the model.
        meta: The checkpoint's ``meta``.
    """
    dataset = _test_data(cfg)
    classes = (dataset.get("metainfo") or {}).get("classes")
    remembered = (meta.get("dataset_meta") or {}).get("classes")
    file = os.path.join(dataset.get("data_root") or "", dataset.get("ann_file") or "")
    candidates = (
        *(_category_names(path, classes) for path in (file, *_metric_files(cfg))),
        label_file(dataset.get("ann_file")),
        classes,
        remembered,
        [text.names[0] for text in class_texts_of(meta.get("class_texts") or ())],
        _kinetics_names(count),
    )
    return _first_of_length(count, candidates)


def video_class_names(list_file: str, count: int) -> list[str]:
    """Find the names of the classes of videos.

    Args:
        list_file: The list of videos; ``labels.txt`` in its folder may name the classes.
        count: Number of classes.
    """
    return _first_of_length(count, (label_file(list_file), _kinetics_names(count)))


def _first_of_length(count: int, candidates: Sequence[Sequence[str] | None]) -> list[str]:
    """Return the first list of ``count`` names, or made-up names if there is none."""
    found = (list(names) for names in candidates if names is not None and len(names) == count)
    return next(found, [UNNAMED.format(index) for index in range(count)])


def label_file(list_file: str | None) -> list[str] | None:
    """Read ``labels.txt`` beside a list of videos, one name per line; None if there is no file."""
    if not list_file:
        return None
    path = Path(list_file).with_name(LABEL_FILE)
    return read_text(path).splitlines() if path.is_file() else None


def _test_data(cfg: Config) -> Mapping[str, Any]:
    """Return the config of the test data set; empty if several are joined."""
    node = cfg.get("test_dataloader", {}).get("dataset", {})
    found = [config for _, _, config in innermost_data_sets("test", "dataset", node)]
    return found[0] if len(found) == 1 else {}


def _metric_files(cfg: Config) -> list[str]:
    """List the annotation files of the test metrics."""
    metrics = configured_metrics(cfg, "test")
    return [metric["ann_file"] for metric in metrics if metric.get("ann_file")]


def _category_names(path: str, classes: Sequence[str] | None) -> list[str] | None:
    """Name the categories of a COCO or LVIS file by label; None for another file."""
    if not path.endswith(".json") or not Path(path).is_file():
        return None
    content = read_annotations(path)
    categories = content.get("categories") if isinstance(content, dict) else None
    if not isinstance(categories, list):
        return None
    # Classes of another vocabulary choose no category; all categories are taken then.
    chosen = categories_by_label(categories, classes) or categories
    return [category_name(category) for category in chosen]


def _kinetics_names(count: int) -> list[str] | None:
    if count != 400:
        return None
    from torchvision.models.video import Swin3D_T_Weights

    return Swin3D_T_Weights.KINETICS400_V1.meta["categories"]
